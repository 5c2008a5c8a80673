"""The endpoint alone: two variables, a home without AWS files, and what can be wrong with either variable."""

from .fakes import Container, Instance
from .shells import proxies, web_identity
from .situation import Situation, keys, without

URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"


def to(scene, uri):
    """The endpoint's variables with another address."""
    return scene.endpoint(**{URI: uri})


def our_token(scene):
    """What the file holds."""
    return scene.token_file.read_text()


ENDPOINTS = [
    Situation("the endpoint alone", lambda s: s.endpoint()),
    Situation("the endpoint alone, metadata disabled", lambda s: s.endpoint(AWS_EC2_METADATA_DISABLED="true")),
    Situation("the endpoint alone, no HOME", lambda s: without(s.endpoint(), "HOME"), finds="NoHome"),
    Situation(
        "the endpoint alone, no region",
        lambda s: without(s.endpoint(), "AWS_REGION", "AWS_DEFAULT_REGION"),
        finds="NoRegion",
        # They end before they look for credentials.
        unforeseen={"javascript": "error", "java": "error"},
    ),
    Situation(
        "the endpoint alone, a missing profile named",
        lambda s: s.endpoint(AWS_PROFILE="staging"),
        finds="MissingProfile",
    ),
    Situation("the endpoint alone, key variables", lambda s: s.endpoint(**keys("environment")), finds="KeyVariables"),
    Situation("the endpoint by the name localhost", lambda s: to(s, f"http://localhost:{s.port}/creds/prod")),
    Situation("the endpoint by [::1]", lambda s: to(s, f"http://[::1]:{s.port}/creds/prod")),
    Situation("the endpoint without a path", lambda s: to(s, f"http://127.0.0.1:{s.port}"), finds="EndpointPath"),
    Situation("the endpoint, an unknown profile", lambda s: s.endpoint("nosuch"), finds="UnknownEndpointProfile"),
    Situation("the endpoint, a profile that STS denies", lambda s: s.endpoint("forbidden"), finds="Denied"),
    Situation("FULL_URI of another server", lambda s: to(s, s.fakes.url(Container) + "/role"), finds="OtherPort"),
    Situation(
        "FULL_URI where nobody is",
        lambda s: to(s, f"http://127.0.0.1:{s.fakes.dead_port}/creds/prod"),
        finds="OtherPort",
    ),
    Situation(
        "FULL_URI of another machine",
        lambda s: to(s, "http://192.0.2.1/creds/prod"),
        finds="ForeignEndpoint",
        # It refuses the address, and asks nobody.
        unforeseen={"javascript": "none"},
    ),
    Situation("FULL_URI blank", lambda s: to(s, ""), finds="BlankEndpoint NotConnected"),
    Situation("RELATIVE_URI blank", lambda s: s.endpoint(**{RELATIVE: ""}), finds="BlankRelativeUri"),
    Situation(
        "RELATIVE_URI of a container",
        lambda s: s.endpoint(**{RELATIVE: "/v2/credentials/task"}),
        finds="RelativeUri",
        unforeseen={"java": "instance-metadata"},
    ),
    Situation(
        "TOKEN_FILE is nowhere",
        lambda s: s.endpoint(**{FILE: "/nonexistent/authorization-token"}),
        finds="TokenFileMissing",
    ),
    Situation(
        "TOKEN_FILE ends in a newline",
        lambda s: s.endpoint(**{FILE: s.file("newline", our_token(s) + "\n")}),
        finds="TokenFileNewline",
    ),
    Situation(
        "TOKEN_FILE holds another token",
        lambda s: s.endpoint(**{FILE: s.file("foreign", "of-another-server")}),
        finds="TokenDiffers",
    ),
    Situation(
        "a wrong TOKEN beside TOKEN_FILE",
        lambda s: s.endpoint(**{TOKEN: "of-another-server"}),
        finds="TokenVariableDiffers",
    ),
    Situation(
        "TOKEN instead of TOKEN_FILE", lambda s: without(s.endpoint(**{TOKEN: our_token(s)}), FILE), finds="NoTokenFile"
    ),
    Situation("neither TOKEN nor TOKEN_FILE", lambda s: without(s.endpoint(), FILE), finds="NoToken"),
    Situation(
        "the endpoint alone, a proxy without NO_PROXY", lambda s: s.endpoint(**proxies(s)), finds="ProxyWithoutNoProxy"
    ),
    Situation(
        "the endpoint alone, a proxy with NO_PROXY",
        lambda s: s.endpoint(**proxies(s), NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost"),
    ),
    Situation(
        "the endpoint alone, web identity variables",
        lambda s: s.endpoint(**web_identity(s)),
        finds="WebIdentityVariables",
    ),
    Situation(
        "the endpoint alone, on an instance with a role",
        lambda s: s.endpoint(AWS_EC2_METADATA_SERVICE_ENDPOINT=s.fakes.url(Instance)),
    ),
    Situation(
        "a proxy without NO_PROXY, and TOKEN_FILE ends in a newline",
        lambda s: s.endpoint(**proxies(s), **{FILE: s.file("newline-too", our_token(s) + "\n")}),
        finds="ProxyWithoutNoProxy TokenFileNewline",
    ),
]
