"""Where a page goes or is: navigations, workers, pages of other places, other names of the port, people."""

from way import Way


def navigations():
    yield Way(
        "iframe", "frame({src: T, onload: e => found(e.target.contentDocument?.body?.innerText)})", content="page"
    )
    yield Way(
        "frame-location",
        "frame({srcdoc: '', onload: function () { this.onload = lost; this.contentWindow.location = T; }})",
        content="page",
    )
    yield Way(
        "window-open",
        "const w = open(T);"
        "later(500, () => { try { found(w.document.body.innerText) } catch { lost() } w?.close(); })",
        content="page",
    )
    yield Way("window-open-noreferrer", "open(T, '', 'noreferrer'); lost()", content="page")
    yield Way(
        "window-open-userinfo", "open(T.replace('//', '//x:' + TOKEN + '@'), '', 'noreferrer'); lost()", content="page"
    )
    yield Way(
        "meta-refresh",
        "frame({srcdoc: '<meta http-equiv=refresh content=\"0; url=' + T + '\">', onload: () => {}}); lost()",
        content="page",
    )
    yield Way(
        "xml-stylesheet-and-entity",
        'frame({src: URL.createObjectURL(new Blob([\'<?xml-stylesheet type="text/css" href="\' + T +'
        "'\"?><!DOCTYPE a [<!ENTITY e SYSTEM \"' + T + '\">]><a>&e;</a>'], {type: 'text/xml'}))})",
        content="style",
    )
    submit = (
        "const f = put('form', {target: 'there', action: T, %s}); f.append(Object.assign(document.createElement("
        "'textarea'), {name: 'x', value: '\\r\\n\\r\\nGET /creds HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: '"
        "+ TOKEN + '\\r\\n\\r\\n'}));"
        "frame({name: 'there', onload: () => {}}); f.submit(); lost()"
    )
    yield Way("form-get", submit % "method: 'GET'", content="page")
    for enctype in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        yield Way(
            f"form-post-{enctype.rpartition('/')[2]}", submit % f"method: 'POST', enctype: '{enctype}'", content="page"
        )
    yield Way("a-ping", "put('a', {href: '#x', ping: T}).click(); lost()")
    yield Way(
        "a-download",
        "lost(); later(100, () => put('a', {href: T, download: 'x', referrerPolicy: 'no-referrer'}).click())",
    )
    for status in (301, 302, 303, 307, 308):
        yield Way(
            f"redirect-{status}",
            f"text(fetch(SITE + '/redirect?' + new URLSearchParams({{status: {status}, to: T}})))",
            reads=True,
        )
    yield Way(
        "redirect-307-post",
        "text(fetch(SITE + '/redirect?' + new URLSearchParams({status: 307, to: T}), "
        "{method: 'POST', mode: 'no-cors', body: 'x'}))",
    )
    yield Way(
        "redirect-302-img",
        "put('img', {src: SITE + '/redirect?' + new URLSearchParams({status: 302, to: T}),"
        "onload: e => found(e.target.naturalWidth)})",
        reads=True,
        content="image",
    )
    yield Way(
        "redirect-302-frame",
        "frame({src: SITE + '/redirect?' + new URLSearchParams({status: 302, to: T})})",
        content="page",
    )
    yield Way(
        "csp-report-uri",
        "put('img', {src: 'http://blocked.test/'}); lost()",
        fields=(("Content-Security-Policy", "img-src 'none'; report-uri TARGET"),),
    )


def workers():
    blob = "URL.createObjectURL(new Blob([%s], {type: 'text/javascript'}))"
    asks = "'fetch(' + JSON.stringify(T) + ').then(a => a.text()).then(t => %s, () => %s)'"
    post = asks % ("postMessage(t)", 'postMessage("")')
    yield Way("worker", f"new Worker({blob % post}).onmessage = e => found(e.data)", reads=True)
    imports = (
        "'try { importScripts(' + JSON.stringify(T) + '); postMessage(self.readable) } catch { postMessage(\"\") }'"
    )
    yield Way(
        "worker-import-scripts",
        f"new Worker({blob % imports}).onmessage = e => found(e.data)",
        reads=True,
        content="script",
    )
    port = "'onconnect = e => ' + " + asks % ("e.ports[0].postMessage(t)", 'e.ports[0].postMessage("")')
    yield Way(
        "shared-worker",
        f"new SharedWorker({blob % port}).port.onmessage = e => found(e.data)",
        reads=True,
        from_="local",
    )
    yield Way(
        "service-worker",
        "navigator.serviceWorker.addEventListener('message', e => found(e.data));"
        "const r = await navigator.serviceWorker.register('/page/' + WAY + location.search + '&part=worker');"
        "const w = r.installing || r.active; w.postMessage('go');",
        reads=True,
        from_="local",
        worker="onmessage = e => fetch(TARGET).then(a => a.text())"
        ".then(t => e.source.postMessage(t), () => e.source.postMessage(''))",
    )
    yield Way(
        "cache-api",
        "const c = await caches.open('c'); await c.add(T).catch(() => {});"
        "const a = await c.match(T); found(a && await a.text())",
        reads=True,
        from_="local",
    )


def places():
    """The same from elsewhere, and to other names of the same port."""
    yield Way("local-fetch", "text(fetch(T))", reads=True, from_="local")
    yield Way("local-fetch-right-token", "text(fetch(T, {headers: {Authorization: TOKEN}}))", reads=True, from_="local")
    yield Way("file-fetch", "text(fetch(T))", reads=True, from_="file")
    yield Way(
        "file-img",
        "put('img', {src: T, onload: e => found(e.target.naturalWidth)})",
        reads=True,
        content="image",
        from_="file",
    )
    yield Way("file-iframe", "frame({src: T})", content="page", from_="file")
    opened = (
        "'fetch(' + JSON.stringify(T) + ').then(a => a.text())"
        '.then(t => parent.postMessage(t, "*"), () => parent.postMessage("", "*"))\''
    )
    yield Way("sandboxed-fetch", f"inside({opened}, {{sandbox: 'allow-scripts'}})", reads=True)
    yield Way(
        "data-page-fetch",
        "frame({onload: () => {}, src: 'data:text/html,<script>' + encodeURIComponent("
        + opened
        + ") + '</scr' + 'ipt>'})",
        reads=True,
    )
    yield Way("srcdoc-fetch", f"inside({opened})", reads=True)
    yield Way("localhost-fetch", "text(fetch(T))", reads=True, to="localhost")
    yield Way("v6-fetch", "text(fetch(T))", reads=True, to="[::1]")
    yield Way("decimal-fetch", "text(fetch(T))", reads=True, to="2130706433")
    yield Way(
        "short-img",
        "put('img', {src: T, referrerPolicy: 'no-referrer', onload: e => found(e.target.naturalWidth)})",
        reads=True,
        content="image",
        to="127.1",
    )
    yield Way("name-fetch", "text(fetch(T))", reads=True, to="loopback.test")
    yield Way(
        "name-img-no-referrer",
        "put('img', {src: T, referrerPolicy: 'no-referrer', onload: e => found(e.target.naturalWidth)})",
        reads=True,
        content="image",
        to="loopback.test",
    )
    yield Way(
        "name-frame-no-referrer",
        "frame({src: T, referrerPolicy: 'no-referrer'})",
        content="page",
        to="127.0.0.1.evil.test",
    )
    yield Way("name-open-noreferrer", "open(T, '', 'noreferrer'); lost()", content="page", to="loopback.test")


def people():
    """Whoever types the address, or follows a link out of another program."""
    yield Way("typed", "", content="page", from_="nowhere")
    yield Way("typed-view-source", "", content="page", from_="nowhere", scheme="view-source:http")


def rebound():
    """The page's own name leads to the port now: the answer is of the page's own origin."""
    own = {"from_": "rebound", "to": "evil.test", "reads": True}
    yield Way("rebound-fetch", "text(fetch(T, {referrerPolicy: 'no-referrer'}))", **own)
    yield Way(
        "rebound-fetch-right-token",
        "text(fetch(T, {referrerPolicy: 'no-referrer', headers: {Authorization: TOKEN}}))",
        **own,
    )
    yield Way(
        "rebound-xhr",
        "const x = new XMLHttpRequest(); x.open('GET', T); x.setRequestHeader('Authorization', TOKEN);"
        "x.onload = () => found(x.responseText); x.send();",
        **own,
    )
    yield Way(
        "rebound-iframe",
        "frame({referrerPolicy: 'no-referrer', src: T, onload: e => found(e.target.contentDocument.body.innerText"
        " || e.target.contentDocument.title)})",
        content="page",
        **own,
    )
    yield Way(
        "rebound-script",
        "put('script', {referrerPolicy: 'no-referrer', src: T, onload: () => {}})",
        content="script",
        **own,
    )
