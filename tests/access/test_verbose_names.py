import pytest
from axes.models import AccessLog

from tests.support.staff import staff

pytestmark = pytest.mark.django_db

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("/admin/auth/group/", ["Access", "Roles"]),
        ("/admin/auth/user/", ["Access", "Accounts"]),
        ("/admin/axes/accesslog/", ["Access", "Log-ins"]),
        ("/admin/axes/accessfailurelog/", ["Access", "Failed log-ins"]),
        ("/admin/axes/accessattempt/", ["Access", "Lock-outs"]),
    ],
)
def test_pages_of_access_are_called_as_people_say(url, names):
    page = staff("Administrator").get(url).content.decode()

    assert [name for name in names if name not in page] == []
    for word in ("Authentication and Authorization", "Axes", "Access log", "Attempt Time", "Staff"):
        assert word not in page


def test_log_in_tells_browser_and_time_and_keeps_the_rest_for_a_closer_look():
    AccessLog.objects.create(username="sam", ip_address="10.0.0.7", user_agent=CHROME)

    page = staff("Administrator").get("/admin/axes/accesslog/").content.decode()

    assert f'<span title="{CHROME}">Chrome on Linux</span>' in page
    assert "1 log-in" in " ".join(page.split())


def test_form_of_a_token_tells_what_each_role_may_do():
    page = staff("Administrator").get("/admin/access/apitoken/add/").content.decode()

    told = page.split("<summary>Integration (read)</summary>")[1].split("</details>")[0]
    assert "See customers" in told
    assert "Create customers" not in told


def test_account_tells_that_there_is_a_password_and_not_how_it_is_kept():
    client = staff("Administrator")
    client.user.set_password("a long secret")
    client.user.save()
    client.force_login(client.user)

    page = client.get(f"/admin/auth/user/{client.user.pk}/change/").content.decode()

    assert f'Set · <a class="cxc-link" href="/admin/auth/user/{client.user.pk}/password/">' in page
    for word in ("algorithm", "salt", "Raw passwords", client.user.password):
        assert word not in page
