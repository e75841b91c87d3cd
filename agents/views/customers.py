"""The pages of agents."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from agents.candidates import candidate_notice
from agents.decorators import needs, tells_refusals
from agents.forms import form_of
from agents.other_holders import conflict_context, page_after
from agents.profile import labels_to_offer, profile_of, worn_labels
from agents.rows import customer_rows, party
from agents.saving import created, save_form
from agents.undo_messages import edit_since, last_operation, offer_undo
from customers.forms import CustomerForm, prefilled_with
from customers.labelling.terms import REASON, UNTIL, terms_in
from customers.lists.pagination import COUNT_LIMIT, customer_page
from customers.lists.search import MOST_HITS, cleaned_query, find, found_page, ordered_hits
from customers.locking import customer_to_write
from customers.masking import FieldAccess, visible_schema_and_mask
from customers.models import Customer
from customers.permissions import ADD, ADD_LABEL, CHANGE, REMOVE_LABEL, VIEW
from customers.profiles.lifecycle import CustomerChanged, label_customer
from customers.profiles.other_holders import IdentifiersTaken
from customers.system_fields import NAME_FIELD
from labels.models import Label
from schema_builder.schema import Schema

from .duplicates import suggestions_for
from .inline_edit import CHANGED

ROWS = 25
DEEPEST_PAGE = 10_000


class AgentLogInView(LoginView):
    redirect_authenticated_user = True

    def get(self, request, *args, **kwargs):
        """The form; a page whose session ended while typing goes there as a whole."""
        if request.htmx:
            here = request.htmx.current_url_abs_path or "/"
            return HttpResponseClientRedirect(f"{request.path}?{urlencode({'next': here})}")
        return super().get(request, *args, **kwargs)


@require_safe
@needs(VIEW, "see customers")
def customer_list(request):
    """The find box and the customers that it found, or all of them."""
    query = cleaned_query(request.GET.get("q", ""))
    context = search_page(request, query) if query else all_customers_page(request)
    if query and "open" in request.GET and (only := only_hit(context["hits"])):
        return redirect("customers:customer-detail", only)
    fragment = request.htmx and not request.htmx.history_restore_request
    return render(request, "agents/_results.html" if fragment else "agents/list.html", context)


def search_page(request: HttpRequest, query: str) -> dict[str, Any]:
    schema, mask = visible_schema_and_mask(request.user)
    hits = find(query, schema, mask)
    page = found_page(
        hits,
        order=request.GET.get("sort", ""),
        offset=offset_of(request),
        limit=ROWS,
        schema=schema,
        mask=mask,
    )
    return list_context(request, page, schema, mask, query, hits, limit=MOST_HITS)


def all_customers_page(request: HttpRequest) -> dict[str, Any]:
    schema, mask = visible_schema_and_mask(request.user)
    customers = ordered_hits(Customer.objects.all(), request.GET.get("sort", ""), schema, mask)
    page = customer_page(customers, offset=offset_of(request), limit=ROWS, schema=schema, mask=mask)
    return list_context(request, page, schema, mask, "", [], limit=COUNT_LIMIT)


def list_context(request, page, schema, mask, query, hits, *, limit) -> dict[str, Any]:
    total, shown_to = page["totalDocs"], page["offset"] + len(page["docs"])
    more = shown_to < total or (total >= COUNT_LIMIT and len(page["docs"]) == ROWS)
    return {
        "rows": customer_rows(
            page["docs"], schema=schema, hits=hits, query=query, viewer=request.user
        ),
        "query": query,
        "hits": hits,
        "count": f"{total:,}{'+' if total >= limit else ''}",
        "is_one": total == 1,
        "first": page["offset"] + 1,
        "last": shown_to,
        "previous_page": page["offset"] // ROWS,
        "next_page": page["offset"] // ROWS + 2 if more else 0,
        "sort": request.GET.get("sort", ""),
        "sorts_by_name": not mask.hides(schema.by_key[NAME_FIELD]),
    }


def offset_of(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    return (min(max(page, 1), DEEPEST_PAGE) - 1) * ROWS


def only_hit(hits) -> str | None:
    """Whom Enter opens: the only customer found, or the only one that it says exactly."""
    chosen = [hit for hit in hits if hit.is_exact] or hits
    return chosen[0].public_id if len(chosen) == 1 else None


@require_safe
@needs(VIEW, "see customers")
def customer_detail(request, public_id):
    customer = get_object_or_404(Customer.objects.known_as(public_id))
    if customer.public_id != public_id:
        messages.info(request, "This customer was merged into the one that you see now.")
        return redirect(customer)
    schema, mask = visible_schema_and_mask(request.user)
    if customer.placeholder_for_id:
        context = placeholder_context(customer, schema, mask)
        return render(request, "agents/placeholder.html", context)
    context = profile_of(customer, schema, mask, request.user)
    context |= suggestions_for(customer, schema, mask)
    context |= candidate_notice(customer, schema, mask)
    return render(request, "agents/profile.html", context | label_context(request, customer))


def placeholder_context(customer: Customer, schema: Schema, mask: FieldAccess) -> dict[str, Any]:
    """The page of a placeholder: it stands for many contacts, so it has no history to show."""
    return {"customer": customer, "party": party(customer, schema, mask)}


def label_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    may_add = request.user.has_perm(ADD_LABEL)
    return {
        "customer": customer,
        "offered_labels": labels_to_offer(customer, request.user) if may_add else [],
    } | worn_labels(customer, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(ADD, "add customers")
def customer_create(request):
    schema, mask = visible_schema_and_mask(request.user)
    query = cleaned_query(request.GET.get("q", ""))
    form = CustomerForm(
        request.POST or None,
        schema=schema,
        mask=mask,
        prefilled=prefilled_with(query, schema) if query else None,
    )
    context: dict[str, Any] = {"form": form}
    try:
        if form.is_valid() and (customer := created(form, request)):
            messages.success(request, "The customer was added.")
            return redirect(page_after(request, customer))
    except IdentifiersTaken as taken:
        context |= conflict_context(request, taken)
    status = 409 if "conflicts" in context else 200
    return render(request, "agents/edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(CHANGE, "change customers")
@tells_refusals
def customer_edit(request, public_id):
    customer = customer_to_write(public_id)
    form = form_of(customer, request)
    context: dict[str, Any] = {"customer": customer}
    last = last_operation(customer) if form.is_bound else 0
    try:
        if form.is_bound and save_form(form, customer, request):
            edit = edit_since(last, customer, request.user)
            offer_undo(request, "Saved.", edit, back=public_id)
            return redirect(page_after(request, customer))
    except CustomerChanged:
        customer.refresh_from_db()
        form = form.carried_over(form_of(customer, request, bound=False))
        context["is_stale"] = True
    except IdentifiersTaken as taken:
        context |= conflict_context(request, taken)
    status = 409 if len(context) > 1 else 200
    context |= {"form": form, "name": form.fields[NAME_FIELD].initial}
    return render(request, "agents/edit.html", context, status=status)


@require_POST
@needs(ADD_LABEL, "label customers")
@tells_refusals
def label_add(request, public_id):
    # A text that is no id finds nothing; one with hostile characters must not reach the database.
    labels = {label.public_id: label for label in Label.objects.select_related("group")}
    label = labels.get(request.POST.get("label", ""))
    customer = customer_to_write(public_id)
    if not label:
        return labels_answer(request, customer)
    last, rivals = last_operation(customer), rivals_of(label, customer)
    try:
        terms = terms_in({REASON: request.POST.get("reason"), UNTIL: request.POST.get("until")})
        customer = label_customer(
            customer, add=[label], caller=request.user, reason=terms.reason, until=terms.until
        )
    except ValidationError as error:
        return labels_answer(request, customer, error, tried=label)
    if rivals:
        said = f"{label} put on, {', '.join(rivals)} taken off."
        edit = edit_since(last, customer, request.user)
        offer_undo(request, said, edit, back=customer.public_id)
    return labels_answer(request, customer)


def rivals_of(label: Label, customer: Customer) -> list[str]:
    """The names of what the customer wears and loses with this label."""
    if not label.is_exclusive:
        return []
    rivals = customer.labels.filter(group=label.group_id).exclude(pk=label.pk)
    return list(rivals.order_by("name").values_list("name", flat=True))


@require_POST
@needs(REMOVE_LABEL, "take labels off customers")
@tells_refusals
def label_remove(request, public_id, label_id):
    customer = customer_to_write(public_id)
    label = get_object_or_404(Label, public_id=label_id)
    try:
        customer = label_customer(customer, remove=[label], caller=request.user)
    except ValidationError as error:
        return labels_answer(request, customer, error)
    return labels_answer(request, customer)


def labels_answer(
    request, customer: Customer, refusal: ValidationError | None = None, tried: Label | None = None
) -> HttpResponse:
    """The labels as they are now; a refusal says why beside what was typed."""
    problem = " ".join(refusal.messages) if refusal else ""
    if not request.htmx:
        if problem:
            messages.error(request, problem)
        return redirect(reverse("customers:customer-detail", args=[customer.public_id]))
    context = label_context(request, customer) | {"problem": problem, "tried": tried}
    if not problem:
        context["notices"] = messages.get_messages(request)
    response = render(request, "agents/_labels_answer.html", context)
    return response if problem else trigger_client_event(response, CHANGED)
