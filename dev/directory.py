"""directory.py COMMAND …: looks at, and meddles with, the SCIM server of the demo.

    list                          what the server has, as a table
    has-user NAME [ATTR VALUE]    is there such a user, with that value?
    has-group NAME [USER,USER…]   is there such a group, with exactly these members?
    lacks-user NAME               is there no such user?
    lacks-group NAME
    set-user NAME ATTR VALUE      changes a user, as an administrator there would
    kick GROUP USER               takes a user out of a group

The server's address is SCIM_URL, its token SCIM_TOKEN. Questions answer with
the exit code.
"""

import json
import os
import sys
import urllib.request

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def call(method, path, body=None):
    request = urllib.request.Request(
        os.environ["SCIM_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": "Bearer " + os.environ["SCIM_TOKEN"],
            "Content-Type": "application/scim+json",
        },
    )
    # Loopback only: whatever proxy the environment names has no part in it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as response:
        content = response.read()
    return json.loads(content) if content else None


def everything(path):
    return call("GET", path + "?count=1000").get("Resources", [])


def users():
    return {user["userName"]: user for user in everything("/Users")}


def groups():
    return {group["displayName"]: group for group in everything("/Groups")}


def patch(path, operation):
    call("PATCH", path, {"schemas": [PATCH], "Operations": [operation]})


def member_names(group, people):
    names = {user["id"]: name for name, user in people.items()}
    # The id of a member that is no user any more stands for itself.
    return sorted(names.get(member["value"], member["value"]) for member in group.get("members", []))


def show(people, teams):
    for name in sorted(people):
        user = people[name]
        state = "active" if user.get("active", True) else "inactive"
        words = [user.get("displayName", ""), user.get("title", ""), user.get("nickName", "")]
        mail = ", ".join(mail["value"] for mail in user.get("emails", []))
        print(f"  {name:<18} {state:<9} {', '.join(filter(None, words)):<36} {mail}".rstrip())
    for name in sorted(teams):
        print(f"  {'[' + name + ']':<18} {', '.join(member_names(teams[name], people))}")


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def has_group(name, wanted, people, teams):
    if name not in teams:
        return False
    return wanted is None or member_names(teams[name], people) == sorted(wanted.split(","))


def answer(command, name, *rest):
    people, teams = users(), groups()
    if command == "has-user":
        return name in people and (not rest or text(people[name].get(rest[0])) == rest[1])
    if command == "has-group":
        return has_group(name, rest[0] if rest else None, people, teams)
    if command == "lacks-user":
        return name not in people
    if command == "lacks-group":
        return name not in teams
    raise SystemExit(__doc__)


def main(command="", *arguments):
    if command == "list":
        show(users(), groups())
    elif command == "set-user":
        name, attribute, value = arguments
        patch("/Users/" + users()[name]["id"], {"op": "replace", "path": attribute, "value": value})
    elif command == "kick":
        group, name = arguments
        path = f'members[value eq "{users()[name]["id"]}"]'
        patch("/Groups/" + groups()[group]["id"], {"op": "remove", "path": path})
    else:
        sys.exit(0 if answer(command, *arguments) else 1)


main(*sys.argv[1:])
