from django.contrib.auth.models import Group

from webhooks.models import Event, Subscription


def subscribed(url, *types, role="Integration (read)", **values):
    """(subscription, secret) of a webhook to these types of events."""
    values |= {"event_types": list(types or ["thing.happened"]), "url": url}
    name = values.pop("name", f"Hook {Subscription.everything.count()}")
    return Subscription.objects.subscribe(name=name, role=Group.objects.get(name=role), **values)


def events():
    """(type, subject) of all that was noted, in order."""
    return list(Event.objects.order_by("id").values_list("type", "subject"))
