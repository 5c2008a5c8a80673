"""What a page loads, or sends: by a script, by an element, by a style."""

from way import Way


def fetches():
    yield Way("fetch-cors", "text(fetch(T))", reads=True)
    yield Way("fetch-no-cors", "text(fetch(T, {mode: 'no-cors'}))")
    yield Way("fetch-with-cookies", "text(fetch(T, {credentials: 'include'}))", reads=True)
    yield Way("fetch-no-referrer", "text(fetch(T, {referrerPolicy: 'no-referrer', cache: 'no-store'}))", reads=True)
    yield Way("fetch-right-token", "text(fetch(T, {headers: {Authorization: TOKEN}}))", reads=True)
    yield Way("fetch-right-bearer", "text(fetch(T, {headers: {Authorization: 'Bearer ' + TOKEN}}))", reads=True)
    yield Way("fetch-own-header", "text(fetch(T, {headers: {'X-Aws-Ec2-Metadata-Token': TOKEN}}))", reads=True)
    yield Way("fetch-put", "text(fetch(T, {method: 'PUT', body: TOKEN}))", reads=True)
    yield Way(
        "fetch-post-text", "text(fetch(T, {method: 'POST', mode: 'no-cors', body: 'x\\r\\nAuthorization: ' + TOKEN}))"
    )
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
    yield Way(
        "event-source",
        "const s = new EventSource(T); s.onmessage = e => { found(e.data); s.close(); };"
        "s.onerror = () => { lost(); s.close(); };",
        reads=True,
        content="events",
    )
    yield Way(
        "websocket", "const s = new WebSocket(T); s.onmessage = e => found(e.data); s.onclose = lost;", scheme="ws"
    )
    yield Way(
        "websocket-tls",
        "const s = new WebSocket(T); s.onmessage = e => found(e.data); s.onclose = lost;",
        scheme="wss",
        raw=True,
    )

    made = (
        "const p = new RTCPeerConnection({iceServers: %s}); p.createDataChannel('x');"
        "await p.setLocalDescription(await p.createOffer()); %s lost(); self.kept = p;"
    )
    yield Way(
        "webrtc-turn",
        made % ("[{urls: 'turn:' + new URL(T).host + '?transport=tcp', username: TOKEN, credential: TOKEN}]", ""),
        raw=True,
    )
    answered = (
        "const q = new RTCPeerConnection(); await q.setRemoteDescription(p.localDescription);"
        "await q.setLocalDescription(await q.createAnswer()); await p.setRemoteDescription(q.localDescription);"
        "await p.addIceCandidate({sdpMid: '0', candidate: 'candidate:1 1 tcp 1518280447 127.0.0.1 ' + new URL(T).port"
        " + ' typ host tcptype passive'});"
    )
    yield Way("webrtc-tcp-candidate", made % ("[]", answered), raw=True)


def elements():
    picture = "onload: e => found(e.target.naturalWidth)"
    yield Way("img", f"put('img', {{src: T, {picture}}})", reads=True, content="image")
    yield Way(
        "img-no-referrer",
        f"put('img', {{referrerPolicy: 'no-referrer', src: T, {picture}}})",
        reads=True,
        content="image",
    )
    yield Way(
        "img-crossorigin", f"put('img', {{crossOrigin: 'anonymous', src: T, {picture}}})", reads=True, content="image"
    )
    yield Way("input-image", "put('input', {type: 'image', src: T})", content="image")
    for tag in ("video", "audio"):
        yield Way(
            tag,
            f"const v = document.createElement('{tag}'); v.preload = 'auto'; v.src = T;"
            "v.load(); self.kept = v; lost()",
            content="image",
            seen=True,
        )
    yield Way("video-poster", "put('video', {poster: T}); lost()", content="image")
    yield Way(
        "track",
        "const v = put('video', {crossOrigin: 'anonymous'});"
        "const onload = () => found(t.track.cues[0].text);"
        "const t = put('track', {kind: 'captions', default: true, src: T, onload}, v);"
        "t.track.mode = 'showing';",
        reads=True,
        content="captions",
    )
    yield Way("script", "put('script', {src: T, onload: () => {}})", reads=True, content="script")
    yield Way(
        "script-module", "put('script', {type: 'module', src: T, onload: () => {}})", reads=True, content="script"
    )
    yield Way("import", "import(T).catch(lost)", reads=True, content="script")
    for rel, fields in (("prefetch", ""), ("preload", "as: 'fetch', crossOrigin: 'anonymous',"), ("modulepreload", "")):
        yield Way(
            f"link-{rel}", f"put('link', {{rel: '{rel}', {fields} href: T}}, document.head); lost()", content="script"
        )
    yield Way("link-preconnect", "put('link', {rel: 'preconnect', href: T}, document.head); lost()", raw=True)
    yield Way("link-icon", "put('link', {rel: 'icon', href: T}, document.head); lost()", content="image")
    for tag, source in (("object", "data"), ("embed", "src")):
        yield Way(tag, f"put('{tag}', {{{source}: T}})", content="page")
    yield Way(
        "svg-image",
        "document.body.insertAdjacentHTML('beforeend',"
        "'<svg><image href=\"' + T + '\"/><filter id=f><feImage href=\"' + T + '\"/></filter></svg>'); lost()",
        content="image",
    )


def styles():
    put = "put('style', {textContent: %s}); document.body.append('text'); lost()"
    read = "found(getComputedStyle(document.documentElement).getPropertyValue('--readable').trim())"
    yield Way(
        "stylesheet",
        f"put('link', {{rel: 'stylesheet', href: T, onload: () => {read}}}, document.head)",
        reads=True,
        content="style",
    )
    yield Way(
        "css-import",
        f"put('style', {{textContent: '@import \"' + T + '\"', onload: () => {read}}})",
        reads=True,
        content="style",
    )
    yield Way("css-url", put % "'body { background: url(\"' + T + '\") }'", content="image")
    yield Way(
        "css-list-image", put % "'body { list-style-image: url(\"' + T + '\"); display: list-item }'", content="image"
    )
    yield Way("css-font", put % "'@font-face { font-family: f; src: url(\"' + T + '\") } body { font-family: f }'")
    yield Way("body-background", "document.body.background = T; document.body.append('text'); lost()", content="image")
    yield Way("css-mask", put % "'body { mask-image: url(\"' + T + '\") }'", content="image")
