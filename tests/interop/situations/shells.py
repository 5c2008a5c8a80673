"""Shells that `stsd env` has connected, and what a person has exported in them besides."""

from .fakes import Portal, Proxy
from .scene import disconnected
from .situation import KEYS, SECRET, Situation, keys, without

ROLE = {"AWS_ROLE_ARN": "arn:aws:iam::444455556666:role/prod"}


def proxies(scene):
    """The variables of somebody behind a proxy, who excepts nothing."""
    return dict.fromkeys(("HTTP_PROXY", "http_proxy"), scene.fakes.url(Proxy))


def web_identity(scene):
    """As a Kubernetes service account has them."""
    return ROLE | {"AWS_WEB_IDENTITY_TOKEN_FILE": scene.file("web-identity", "obviously.not.signed")}


SHELLS = [
    Situation("connected for prod", lambda s: s.shell()),
    Situation("connected for default", lambda s: s.shell("default")),
    Situation("connected for prod, --profile staging", lambda s: s.shell(), profile="staging"),
    Situation("connected for prod, AWS_PROFILE=staging", lambda s: s.shell(AWS_PROFILE="staging")),
    Situation(
        "connected for prod, AWS_DEFAULT_PROFILE=staging",
        lambda s: s.shell(AWS_DEFAULT_PROFILE="staging"),
        finds="ToolsDiffer",
    ),
    Situation(
        "connected, AWS_PROFILE=staging and AWS_DEFAULT_PROFILE=prod",
        lambda s: s.shell("default", AWS_PROFILE="staging", AWS_DEFAULT_PROFILE="prod"),
        finds="ProfilesDiffer ToolsDiffer",
    ),
    Situation("AWS_PROFILE=staging, --profile prod", lambda s: s.shell(AWS_PROFILE="staging"), profile="prod"),
    Situation("connected, AWS_PROFILE blank", lambda s: s.shell(AWS_PROFILE=""), finds="BlankProfile"),
    Situation("connected, AWS_PROFILE is missing", lambda s: s.shell(AWS_PROFILE="nosuch"), finds="MissingProfile"),
    Situation("connected, --profile is missing", lambda s: s.shell(), profile="nosuch", finds="MissingProfile"),
    Situation(
        "connected, STSD_PROFILE is unknown",
        lambda s: s.shell(STSD_PROFILE="nosuch"),
        finds="ToolsDiffer UnknownStsdProfile",
    ),
    Situation("connected by the view alone", lambda s: disconnected(s.shell())),
    Situation("connected, metadata not disabled", lambda s: without(s.shell(), "AWS_EC2_METADATA_DISABLED")),
    Situation("connected, key variables", lambda s: s.shell(**keys("environment")), finds="KeyVariables"),
    Situation(
        "connected, key variables and AWS_PROFILE=staging",
        lambda s: s.shell(**keys("environment"), AWS_PROFILE="staging"),
        finds="KeyVariables",
    ),
    Situation(
        "connected, key variables, --profile staging",
        lambda s: s.shell(**keys("environment")),
        profile="staging",
        finds="KeyVariables",
    ),
    Situation(
        "connected, key variables with a session token",
        lambda s: s.shell(**keys("environment"), AWS_SESSION_TOKEN="obviously-old"),
        finds="KeyVariables",
    ),
    Situation(
        "connected, half a pair of key variables",
        lambda s: s.shell(AWS_ACCESS_KEY_ID=KEYS["environment"]),
        finds="HalfKeyVariables",
    ),
    Situation("connected, a secret access key variable alone", lambda s: s.shell(AWS_SECRET_ACCESS_KEY=SECRET)),
    Situation(
        "connected, key variables blank",
        lambda s: s.shell(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_SESSION_TOKEN=""),
    ),
    Situation("connected, an old session token variable", lambda s: s.shell(AWS_SESSION_TOKEN="obviously-old")),
    Situation(
        "connected, blank RELATIVE_URI",
        lambda s: s.shell(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=""),
        finds="BlankRelativeUri",
    ),
    Situation("connected, web identity variables", lambda s: s.shell(**web_identity(s)), finds="WebIdentityVariables"),
    Situation(
        "connected, web identity variables without the file",
        lambda s: s.shell(**ROLE, AWS_WEB_IDENTITY_TOKEN_FILE="/nonexistent/web-identity"),
        finds="WebIdentityVariables",
    ),
    Situation(
        "connected, a proxy without NO_PROXY",
        lambda s: without(s.shell(**proxies(s)), "NO_PROXY", "no_proxy"),
        finds="ProxyWithoutNoProxy",
    ),
    Situation("connected, a proxy with NO_PROXY", lambda s: s.shell(**proxies(s))),
    Situation(
        "connected, AWS_CONFIG_FILE is the user's own",
        lambda s: s.shell(AWS_CONFIG_FILE=str(s.stand.home / ".aws/config")),
    ),
    Situation(
        "connected, AWS_CONFIG_FILE is the user's own, AWS_PROFILE=prod",
        lambda s: s.shell(AWS_CONFIG_FILE=str(s.stand.home / ".aws/config"), AWS_PROFILE="prod"),
        finds="ToolElsewhere",
    ),
    Situation(
        "connected, AWS_SHARED_CREDENTIALS_FILE unset",
        lambda s: without(s.shell(), "AWS_SHARED_CREDENTIALS_FILE"),
        finds="CredentialsFileShadows",
    ),
    Situation(
        "connected, both files unset",
        lambda s: without(s.shell(), "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"),
        finds="ProfileShadows",
    ),
    Situation(
        "connected, AWS_CONFIG_FILE is nowhere",
        lambda s: s.shell(AWS_CONFIG_FILE="/nonexistent/config"),
        finds="ConfigMissing",
    ),
    Situation("connected, AWS_CONFIG_FILE blank", lambda s: s.shell(AWS_CONFIG_FILE="")),
    Situation("connected, AWS_CONFIG_FILE with a tilde", lambda s: s.shell(AWS_CONFIG_FILE="~/.aws/config")),
    Situation(
        "connected, a profile that STS denies", lambda s: s.shell(AWS_PROFILE="forbidden"), finds="Denied ToolsDiffer"
    ),
    Situation("connected for a profile that STS denies", lambda s: s.shell("forbidden"), finds="Denied"),
    Situation(
        "connected, a profile with a loop",
        lambda s: s.shell(AWS_PROFILE="loop"),
        finds="ConfigurationMistake Invalid ToolsDiffer",
    ),
    Situation("connected, a profile that sets a region alone", lambda s: s.shell(AWS_PROFILE="plain")),
    Situation("connected, a profile with another program", lambda s: s.shell(AWS_PROFILE="program"), finds="OwnWay"),
    Situation(
        "connected, a profile of IAM Identity Center",
        lambda s: s.shell(AWS_PROFILE="corp", AWS_ENDPOINT_URL_SSO=s.fakes.url(Portal)),
        finds="OwnWay",
    ),
    Situation(
        "connected, a profile of aws login",
        lambda s: s.shell(AWS_PROFILE="signed-in"),
        finds="OwnWay",
        unforeseen={"java": "stsd-endpoint prod"},
    ),
    Situation("connected, a profile of web identity", lambda s: s.shell(AWS_PROFILE="kubernetes"), finds="OwnWay"),
    Situation(
        "connected for hub, a profile on EcsContainer",
        lambda s: s.shell("hub", AWS_PROFILE="contained"),
        finds="OwnWay",
    ),
    Situation("connected, HOME unset", lambda s: without(s.shell(), "HOME"), finds="NoHome"),
    Situation("connected, no region", lambda s: without(s.shell(), "AWS_REGION", "AWS_DEFAULT_REGION")),
    Situation(
        "connected, key variables, blank RELATIVE_URI and a missing profile",
        lambda s: s.shell(**keys("environment"), AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="", AWS_PROFILE="nosuch"),
        finds="BlankRelativeUri KeyVariables MissingProfile",
    ),
]
