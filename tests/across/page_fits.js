// What has no room on the replay page as it stands now, a line each; `strict`: the sizes of a projector hold too.
(strict) => {
  const root = document.querySelector('.replay'), wide = root.dataset.size !== 'narrow', found = []
  const u = parseFloat(getComputedStyle(root).getPropertyValue('--u')) || 1
  const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest('.unseen, .live, dialog:not([open]), .token')
  const ellipsis = (e) => (e === root ? null : getComputedStyle(e).textOverflow === 'ellipsis' ? e : ellipsis(e.parentElement))
  const name = (e) => `${e.tagName.toLowerCase()}.${e.className}`
  const rectOf = (e) => e.getBoundingClientRect()
  const apart = (a, b) => a.right - 1.5 <= b.left || b.right - 1.5 <= a.left || a.bottom - 4 <= b.top || b.bottom - 4 <= a.top
  const asks = root.dataset.predict === 'on'

  function scrolls() {
    const { scrollWidth, scrollHeight } = document.documentElement
    if (scrollWidth > innerWidth) found.push(`scrolls sideways: ${scrollWidth} of ${innerWidth}`)
    if (wide && !(asks && root.dataset.size === 'middle') && innerHeight >= 600 && scrollHeight > innerHeight + 1) found.push(`higher than the window: ${scrollHeight}`)
  }

  // The rectangles of a text, without what is shortened on purpose or stands further down in a column that scrolls.
  function rectsOf(node, element) {
    const range = document.createRange()
    range.selectNodeContents(node)
    let rects = [...range.getClientRects()].filter((r) => r.width > 1 && r.height > 1)
    const short = element.closest('.front') ?? ellipsis(element)
    if (short) rects = rects.map((r) => new DOMRect(r.left, r.top, Math.min(r.right, rectOf(short).right) - r.left, r.height)).filter((r) => r.width > 1)
    const scrolled = element.closest('.ask, .texts'), under = element.closest('.on') ? null : element.closest('.ask')?.querySelector('.on')
    if (!scrolled) return rects
    const until = Math.min(rectOf(scrolled).bottom, under ? rectOf(under).top : Infinity) + 2
    return rects.filter((r) => r.bottom <= until && r.top >= rectOf(scrolled).top)
  }

  // The least size by the kind of the text, in units; names that are folded and remarks are labels.
  const LEAST = [['.sentence', 18], ['h1, .laneof b', 18], ['.b16, .b18', 16], ['.box.client b, .choice, .asks', 16],
    ['.card b, .rule th, .rule .path, .rule td.right, .rule .compared, .because', 16], ['.counts', 16]]
  const leastOf = (element) => Math.max(14, ...LEAST.filter(([kind]) => strict && element.closest(kind) && !element.closest('.quiet, .sealed, .key')).map(([, least]) => least))

  function textsOf() {
    const texts = [], walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
      const node = walk.currentNode, element = node.parentElement, words = node.data.trim().slice(0, 40)
      if (!words || !seen(element)) continue
      for (const r of rectsOf(node, element)) texts.push({ r, element, words })
      const size = parseFloat(getComputedStyle(element).fontSize)
      if (size < leastOf(element) * u - 0.1) found.push(`${size}px: ${words}`)
    }
    return texts
  }

  function cut({ r, element, words }) {
    if (r.right > innerWidth + 1 || r.left < -1) found.push(`outside: ${words}`)
    for (let up = element; up && up !== root; up = up.parentElement) {
      const style = getComputedStyle(up), box = rectOf(up)
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue
      const shortened = up.closest('[title]') || style.textOverflow === 'ellipsis'
      if (style.overflowY !== 'auto' && ((r.right > box.right + 1.5 && !shortened) || r.bottom > box.bottom + 4)) found.push(`cut by ${name(up)}: ${words}`)
    }
    const box = element.closest('.scene .box'), edge = box && rectOf(box)
    if (box && !element.closest('.overflow') && (r.right > edge.right + 1.5 || r.left < edge.left - 1.5 || r.bottom > edge.bottom + 4)) found.push(`leaves ${name(box)}: ${words}`)
  }

  function covered({ r, element, words }) {
    const x = r.left + r.width / 2, y = r.top + r.height / 2
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return
    const top = document.elementFromPoint(x, y)
    if (top && top !== element && !top.contains(element) && !element.contains(top)) found.push(`covered by ${name(top)}: ${words}`)
  }

  function textsApart(texts) {
    for (let i = 0; i < texts.length; i++) for (let k = i + 1; k < texts.length; k++) {
      if (texts[i].element !== texts[k].element && !apart(texts[i].r, texts[k].r)) found.push(`touch: ${texts[i].words} | ${texts[k].words}`)
    }
  }

  function boxesFit() {
    const scene = rectOf(root.querySelector('.scene')), boxes = [...root.querySelectorAll('.scene [data-box]')].filter(seen)
    for (const box of boxes) {
      const r = rectOf(box)
      if (r.left < scene.left - 1.5 || r.right > scene.right + 1.5 || r.top < scene.top - 1.5 || (wide && r.bottom > scene.bottom + 1.5)) found.push(`leaves the picture: ${name(box)} ${box.innerText.slice(0, 30)}`)
    }
    for (let i = 0; i < boxes.length; i++) for (let k = i + 1; k < boxes.length; k++) {
      if (!boxes[i].contains(boxes[k]) && !boxes[k].contains(boxes[i]) && !apart(rectOf(boxes[i]), rectOf(boxes[k]))) found.push(`boxes touch: ${name(boxes[i])} ${name(boxes[k])}`)
    }
  }

  // All that the followed request has come to has a box, inside the window where the page does not scroll.
  function followedFit() {
    const { state, runs } = root.replay, moment = state.moments[state.step]
    runs.forEach((run, plan) => {
      const i = state.chosen[plan], lane = root.querySelectorAll('.picture')[plan] ?? null, own = moment.own[plan]
      if (!wide || !lane || i < 0 || !own || run.recording.absent) return
      const row = run.recording.rows[run.row[i]], far = ['client', 'load-balancer', 'node', 'controller', 'pod'].indexOf(own.place)
      const keys = ['client', run.recording.balancers[row.destination]?.service && `balancer:${row.destination}`, run.node[i] >= 0 && !row.to_pods && `node:${run.node[i]}`,
        run.controller[i] >= 0 && `station:${run.controller[i]}`, run.pod[i] >= 0 && `station:${run.pod[i]}`]
      for (const key of keys.slice(0, (far < 0 && !asks ? 4 : Math.max(0, far)) + 1).filter(Boolean)) {
        const box = [...lane.querySelectorAll('[data-box]')].find((one) => one.dataset.box.split(' ').includes(key)), r = box && rectOf(box)
        if (!box || !seen(box)) found.push(`no box: ${key}`)
        else if (r.left < 0 || r.right > innerWidth + 1 || (innerHeight >= 600 && r.bottom > innerHeight + 1)) found.push(`not in the window: ${key}`)
      }
    })
  }

  // On a phone: the place that is open, or the question, and the buttons that step, without scrolling.
  function phoneFits() {
    if (wide || innerHeight < 800) return
    const open = root.querySelector('.box.now, .bubble, .noanswer, .lone.card'), walk = rectOf(root.querySelector('.walk'))
    if (!asks && walk.bottom > innerHeight + 1) found.push(`the buttons lie below the window: ${Math.round(walk.bottom)}`)
    if (!asks && open && rectOf(open).top > innerHeight) found.push('the open place lies below the window')
  }

  // Where the question stands under the picture its first choice is in the window's width, and not over the picture.
  function questionFits() {
    const ask = root.querySelector('.ask')
    if (!asks || !seen(ask)) return
    if (!apart(rectOf(ask), rectOf(root.querySelector('.scene')))) found.push('the question covers the picture')
    const first = root.querySelector('.choice, .go')
    if (first && (rectOf(first).left < 0 || rectOf(first).right > innerWidth)) found.push('the first choice is outside')
    if (root.dataset.size === 'wide' && ask.querySelector('.choice') && ask.scrollHeight > ask.clientHeight + 1) found.push(`the question scrolls: ${ask.scrollHeight} of ${ask.clientHeight}`)
    if (root.dataset.size === 'wide' && ask.querySelector('.go') && ask.scrollHeight > ask.clientHeight + 1) found.push(`the feedback scrolls: ${ask.scrollHeight} of ${ask.clientHeight}`)
  }

  scrolls()
  const texts = textsOf()
  for (const check of [cut, covered]) texts.forEach(check)
  textsApart(texts)
  boxesFit()
  followedFit()
  phoneFits()
  questionFits()
  return [...new Set(found)]
}
