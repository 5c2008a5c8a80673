"""The ways in which a page can make a browser ask a port of the machine that it runs on, and read the answer.

Each is a few lines of script in a page. `from_` says where the page stands: at a foreign site (evil), at another
port of 127.0.0.1 (local: a secure context), in a file, or at the target's own port under a name that was rebound.
`to` says how the target is called. A way that `reads` has read something of a server that permits it; the others
only ask.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    name: str
    act: str
    reads: bool = False
    content: str = "json"
    from_: str = "evil"
    to: str = "127.0.0.1"
    head: str = ""
    fields: tuple = ()
    worker: str = ""
    scheme: str = "http"
    # Another protocol's bytes and not a request: TLS, or a connection that says nothing.
    raw: bool = False
    # Chromium loads it in a tab that is seen, and not behind another one.
    seen: bool = False


def fetches():
    yield Way("fetch-cors", "text(fetch(T))", reads=True)
    yield Way("fetch-no-cors", "text(fetch(T, {mode: 'no-cors'}))")
    yield Way("fetch-with-cookies", "text(fetch(T, {credentials: 'include'}))", reads=True)
    yield Way("fetch-no-referrer", "text(fetch(T, {referrerPolicy: 'no-referrer', cache: 'no-store'}))", reads=True)
    yield Way("fetch-right-token", "text(fetch(T, {headers: {Authorization: TOKEN}}))", reads=True)
    yield Way("fetch-right-bearer", "text(fetch(T, {headers: {Authorization: 'Bearer ' + TOKEN}}))", reads=True)
    yield Way("fetch-own-header", "text(fetch(T, {headers: {'X-Aws-Ec2-Metadata-Token': TOKEN}}))", reads=True)
    yield Way("fetch-put", "text(fetch(T, {method: 'PUT', body: TOKEN}))", reads=True)
    yield Way("fetch-post-text", "text(fetch(T, {method: 'POST', mode: 'no-cors', body: 'x\\r\\nAuthorization: ' + TOKEN}))")
    yield Way("fetch-keepalive", "text(fetch(T, {mode: 'no-cors', keepalive: true}))")
    yield Way("fetch-loopback-space", "text(fetch(T, {targetAddressSpace: 'loopback'}))", reads=True)
    yield Way("fetch-https", "text(fetch(T))", scheme="https", raw=True)
    for header in ("", "Authorization"):
        script = f"x.setRequestHeader('{header}', TOKEN);" if header else ""
        yield Way(
            f"xhr{'-right-token' if header else ''}",
            f"const x = new XMLHttpRequest(); x.open('GET', T); {script} x.onload = () => found(x.responseText);"
            "x.onerror = lost; x.send();",
            reads=True,
        )
    yield Way("beacon", "navigator.sendBeacon(T, 'x'); lost();")
    yield Way("event-source", "const s = new EventSource(T); s.onmessage = e => { found(e.data); s.close(); };"
              "s.onerror = () => { lost(); s.close(); };", reads=True, content="events")
    yield Way("websocket", "const s = new WebSocket(T); s.onmessage = e => found(e.data); s.onclose = lost;", scheme="ws")
    yield Way("websocket-tls", "const s = new WebSocket(T); s.onmessage = e => found(e.data); s.onclose = lost;",
              scheme="wss", raw=True)


def elements():
    picture = "onload: e => found(e.target.naturalWidth)"
    yield Way("img", f"put('img', {{src: T, {picture}}})", reads=True, content="image")
    yield Way("img-no-referrer", f"put('img', {{referrerPolicy: 'no-referrer', src: T, {picture}}})", reads=True,
              content="image")
    yield Way("img-crossorigin", f"put('img', {{crossOrigin: 'anonymous', src: T, {picture}}})", reads=True,
              content="image")
    yield Way("input-image", "put('input', {type: 'image', src: T})", content="image")
    for tag in ("video", "audio"):
        yield Way(tag, f"const v = document.createElement('{tag}'); v.preload = 'auto'; v.src = T; v.load(); self.kept = v; lost()",
                  content="image", seen=True)
    yield Way("video-poster", "put('video', {poster: T}); lost()", content="image")
    yield Way("track", "const v = put('video', {crossOrigin: 'anonymous'});"
              "const t = put('track', {kind: 'captions', default: true, src: T, onload: () => found(t.track.cues[0].text)}, v);"
              "t.track.mode = 'showing';", reads=True, content="captions")
    yield Way("script", "put('script', {src: T, onload: () => {}})", reads=True, content="script")
    yield Way("script-module", "put('script', {type: 'module', src: T, onload: () => {}})", reads=True, content="script")
    yield Way("import", "import(T).catch(lost)", reads=True, content="script")
    for rel, fields in (("prefetch", ""), ("preload", "as: 'fetch', crossOrigin: 'anonymous',"), ("modulepreload", "")):
        yield Way(f"link-{rel}", f"put('link', {{rel: '{rel}', {fields} href: T}}, document.head); lost()",
                  content="script")
    yield Way("link-preconnect", "put('link', {rel: 'preconnect', href: T}, document.head); lost()", raw=True)
    yield Way("link-icon", "put('link', {rel: 'icon', href: T}, document.head); lost()", content="image")
    for tag, source in (("object", "data"), ("embed", "src")):
        yield Way(tag, f"put('{tag}', {{{source}: T}})", content="page")
    yield Way("svg-image", "document.body.insertAdjacentHTML('beforeend',"
              "'<svg><image href=\"' + T + '\"/><filter id=f><feImage href=\"' + T + '\"/></filter></svg>'); lost()",
              content="image")


def styles():
    put = "put('style', {textContent: %s}); document.body.append('text'); lost()"
    read = "found(getComputedStyle(document.documentElement).getPropertyValue('--readable').trim())"
    yield Way("stylesheet", f"put('link', {{rel: 'stylesheet', href: T, onload: () => {read}}}, document.head)", reads=True,
              content="style")
    yield Way("css-import", f"put('style', {{textContent: '@import \"' + T + '\"', onload: () => {read}}})", reads=True,
              content="style")
    yield Way("css-url", put % "'body { background: url(\"' + T + '\") }'", content="image")
    yield Way("css-list-image", put % "'body { list-style-image: url(\"' + T + '\"); display: list-item }'", content="image")
    yield Way("css-font", put % "'@font-face { font-family: f; src: url(\"' + T + '\") } body { font-family: f }'")
    yield Way("body-background", "document.body.background = T; document.body.append('text'); lost()", content="image")
    yield Way("css-mask", put % "'body { mask-image: url(\"' + T + '\") }'", content="image")


def navigations():
    yield Way("iframe", "frame({src: T, onload: e => found(e.target.contentDocument?.body?.innerText)})", content="page")
    yield Way("frame-location", "frame({srcdoc: '', onload: function () { this.onload = lost; this.contentWindow.location = T; }})",
              content="page")
    yield Way("window-open", "const w = open(T); later(500, () => { try { found(w.document.body.innerText) } catch { lost() } w?.close(); })",
              content="page")
    yield Way("window-open-noreferrer", "open(T, '', 'noreferrer'); lost()", content="page")
    yield Way("window-open-userinfo", "open(T.replace('//', '//x:' + TOKEN + '@'), '', 'noreferrer'); lost()", content="page")
    yield Way("meta-refresh", "frame({srcdoc: '<meta http-equiv=refresh content=\"0; url=' + T + '\">', onload: () => {}}); lost()",
              content="page")
    yield Way("xml-stylesheet-and-entity", "frame({src: URL.createObjectURL(new Blob(['<?xml-stylesheet type=\"text/css\" href=\"' + T +"
              "'\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"' + T + '\">]><a>&e;</a>'], {type: 'text/xml'}))})", content="style")
    submit = "const f = put('form', {target: 'there', action: T, %s}); f.append(Object.assign(document.createElement(" \
             "'textarea'), {name: 'x', value: '\\r\\n\\r\\nGET /creds HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: ' + TOKEN + '\\r\\n\\r\\n'}));" \
             "frame({name: 'there', onload: () => {}}); f.submit(); lost()"
    yield Way("form-get", submit % "method: 'GET'", content="page")
    for enctype in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        yield Way(f"form-post-{enctype.rpartition('/')[2]}", submit % f"method: 'POST', enctype: '{enctype}'", content="page")
    yield Way("a-ping", "put('a', {href: '#x', ping: T}).click(); lost()")
    yield Way("a-download", "lost(); later(100, () => put('a', {href: T, download: 'x', referrerPolicy: 'no-referrer'}).click())")
    for status in (301, 302, 303, 307, 308):
        yield Way(f"redirect-{status}", f"text(fetch(SITE + '/redirect?' + new URLSearchParams({{status: {status}, to: T}})))",
                  reads=True)
    yield Way("redirect-307-post", "text(fetch(SITE + '/redirect?' + new URLSearchParams({status: 307, to: T}), "
              "{method: 'POST', mode: 'no-cors', body: 'x'}))")
    yield Way("redirect-302-img", "put('img', {src: SITE + '/redirect?' + new URLSearchParams({status: 302, to: T}),"
              "onload: e => found(e.target.naturalWidth)})", reads=True, content="image")
    yield Way("redirect-302-frame", "frame({src: SITE + '/redirect?' + new URLSearchParams({status: 302, to: T})})", content="page")
    yield Way("csp-report-uri", "put('img', {src: 'http://blocked.test/'}); lost()",
              fields=(("Content-Security-Policy", "img-src 'none'; report-uri TARGET"),))


def workers():
    blob = "URL.createObjectURL(new Blob([%s], {type: 'text/javascript'}))"
    asks = "'fetch(' + JSON.stringify(T) + ').then(a => a.text()).then(t => %s, () => %s)'"
    post = asks % ("postMessage(t)", "postMessage(\"\")")
    yield Way("worker", f"new Worker({blob % post}).onmessage = e => found(e.data)", reads=True)
    imports = "'try { importScripts(' + JSON.stringify(T) + '); postMessage(self.readable) } catch { postMessage(\"\") }'"
    yield Way("worker-import-scripts", f"new Worker({blob % imports}).onmessage = e => found(e.data)", reads=True, content="script")
    port = "'onconnect = e => ' + " + asks % ("e.ports[0].postMessage(t)", "e.ports[0].postMessage(\"\")")
    yield Way("shared-worker", f"new SharedWorker({blob % port}).port.onmessage = e => found(e.data)", reads=True, from_="local")
    yield Way("service-worker", "navigator.serviceWorker.addEventListener('message', e => found(e.data));"
              "const r = await navigator.serviceWorker.register('/page/' + WAY + location.search + '&part=worker');"
              "const w = r.installing || r.active; w.postMessage('go');", reads=True, from_="local",
              worker="onmessage = e => fetch(TARGET).then(a => a.text()).then(t => e.source.postMessage(t), () => e.source.postMessage(''))")
    yield Way("cache-api", "const c = await caches.open('c'); await c.add(T).catch(() => {});"
              "const a = await c.match(T); found(a && await a.text())", reads=True, from_="local")


def places():
    """The same from elsewhere, and to other names of the same port."""
    yield Way("local-fetch", "text(fetch(T))", reads=True, from_="local")
    yield Way("local-fetch-right-token", "text(fetch(T, {headers: {Authorization: TOKEN}}))", reads=True, from_="local")
    yield Way("file-fetch", "text(fetch(T))", reads=True, from_="file")
    yield Way("file-img", "put('img', {src: T, onload: e => found(e.target.naturalWidth)})", reads=True, content="image", from_="file")
    yield Way("file-iframe", "frame({src: T})", content="page", from_="file")
    opened = "'fetch(' + JSON.stringify(T) + ').then(a => a.text()).then(t => parent.postMessage(t, \"*\"), () => parent.postMessage(\"\", \"*\"))'"
    yield Way("sandboxed-fetch", f"inside({opened}, {{sandbox: 'allow-scripts'}})", reads=True)
    yield Way("data-page-fetch", "frame({onload: () => {}, src: 'data:text/html,<script>' + encodeURIComponent(" + opened + ") + '</scr' + 'ipt>'})",
              reads=True)
    yield Way("srcdoc-fetch", f"inside({opened})", reads=True)
    yield Way("localhost-fetch", "text(fetch(T))", reads=True, to="localhost")
    yield Way("v6-fetch", "text(fetch(T))", reads=True, to="[::1]")
    yield Way("decimal-fetch", "text(fetch(T))", reads=True, to="2130706433")
    yield Way("short-img", "put('img', {src: T, referrerPolicy: 'no-referrer', onload: e => found(e.target.naturalWidth)})",
              reads=True, content="image", to="127.1")
    yield Way("name-fetch", "text(fetch(T))", reads=True, to="loopback.test")
    yield Way("name-img-no-referrer", "put('img', {src: T, referrerPolicy: 'no-referrer', onload: e => found(e.target.naturalWidth)})",
              reads=True, content="image", to="loopback.test")
    yield Way("name-frame-no-referrer", "frame({src: T, referrerPolicy: 'no-referrer'})", content="page", to="127.0.0.1.evil.test")
    yield Way("name-open-noreferrer", "open(T, '', 'noreferrer'); lost()", content="page", to="loopback.test")


def people():
    """Whoever types the address, or follows a link out of another program."""
    yield Way("typed", "", content="page", from_="nowhere")
    yield Way("typed-view-source", "", content="page", from_="nowhere", scheme="view-source:http")


def rebound():
    """The page's own name leads to the port now: the answer is of the page's own origin."""
    own = {"from_": "rebound", "to": "evil.test", "reads": True}
    yield Way("rebound-fetch", "text(fetch(T, {referrerPolicy: 'no-referrer'}))", **own)
    yield Way("rebound-fetch-right-token", "text(fetch(T, {referrerPolicy: 'no-referrer', headers: {Authorization: TOKEN}}))", **own)
    yield Way("rebound-xhr", "const x = new XMLHttpRequest(); x.open('GET', T); x.setRequestHeader('Authorization', TOKEN);"
              "x.onload = () => found(x.responseText); x.send();", **own)
    yield Way("rebound-iframe", "frame({referrerPolicy: 'no-referrer', src: T, onload: e => found(e.target.contentDocument.body.innerText"
              " || e.target.contentDocument.title)})", content="page", **own)
    yield Way("rebound-script", "put('script', {referrerPolicy: 'no-referrer', src: T, onload: () => {}})", content="script", **own)


WAYS = {way.name: way for part in (fetches, elements, styles, navigations, workers, places, people, rebound) for way in part()}
