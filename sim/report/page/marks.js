// What moves: a mark per request in flight, with the shape of its state; the chosen one wears a ring and its number.
import { count, counted, percent } from './numbers.js'
import { busyOf, countsAt, inFlightAt, openBetween } from './run.js'
import { entryOf, placeOf } from './place.js'
import { along, curve, rightOf, svg, widthOf } from './scene.js'

export const MOST_PER_SECOND = 200
// Requests per second on the wall clock above which lines show how many pass, not dots.

const SHAPES = {
  'in-flight': () => [svg('circle', { class: 'fly', r: 5.5 })],
  delivered: () => [svg('circle', { class: 'ok', r: 9 }), svg('path', { class: 'cut', d: 'M-4 0l3 3.5l5.5-7' })],
  redirected: () => [svg('path', { class: 'moved', d: 'M0-10L10 0L0 10L-10 0z' }), svg('path', { class: 'cut', d: 'M-4.5 0H4M1-3.5L4.5 0L1 3.5' })],
  failed: () => [svg('path', { class: 'bad', d: 'M-6-6L6 6M6-6L-6 6' })],
  'timed-out': () => [svg('circle', { class: 'late', r: 7 })],
}

export const mark = (family) => svg('g', { 'data-family': family }, ...SHAPES[family]())

export function inlineMark(family) {
  const picture = svg('svg', { class: 'mark', viewBox: '-11 -11 22 22', width: 20, height: 20, 'aria-hidden': 'true' })
  picture.append(mark(family))
  return picture
}

// Places of all requests in flight: [request, family, x, y]. Those without a place are counted at their card.
function placed(scene, t) {
  const found = [], taken = new Map(), over = new Map()
  for (const i of inFlightAt(scene.run, t)) {
    const place = placeOf(scene.run, i, t)
    const spot = SPOTS[place.at](scene, i, place, taken, over)
    if (spot) found.push([i, place.family, spot[0], spot[1]])
  }
  return { found, over }
}

function inSlot(card, slots, taken, over) {
  if (!card) return null
  const key = slots, n = taken.get(key) ?? 0
  taken.set(key, n + 1)
  if (n < slots.length) return slots[n]
  over.set(card, (over.get(card) ?? 0) + 1)
  return null
}

const SPOTS = {
  client: (scene, i, place, taken, over) => inSlot(scene.client, scene.client.slots.client, taken, over),
  wait: (scene, i, place, taken, over) => inSlot(scene.of.station[place.station], scene.of.station[place.station].slots.wait, taken, over),
  serve: (scene, i, place, taken, over) => inSlot(scene.of.station[place.station], scene.of.station[place.station].slots.serve, taken, over),
  leg: (scene, i, place) => onLeg(scene, i, place.leg, place.u),
  lost: (scene, i, place) => falling(scene, place),
}

// The two cards that a leg joins, for one request.
function endsOfLeg(scene, i, leg) {
  const { run, of, client } = scene, row = run.recording.rows[run.row[i]]
  const stops = [client, of.balancer[row.destination], of.node[run.node[i]], of.station[entryOf(run, i)],
    run.controller[i] >= 0 ? of.station[run.pod[i]] : undefined]
  return [stops[leg], stops[leg + 1]]
}

function onLeg(scene, i, leg, u) {
  const [a, b] = endsOfLeg(scene, i, leg)
  return a && b ? along(a, b, u) : null
}

function falling(scene, { from, u }) {
  const card = 'station' in from ? scene.of.station[from.station] : 'node' in from ? scene.of.node[from.node] : scene.client
  const [x, y] = rightOf(card)
  return [x + 16, y + u * (scene.bottom + 8 - y)]
}

// While it is predicted only the chosen one is drawn, on the thing that it has come to.
export function showOnly(scene, t, chosen, step, moving) {
  const place = placeOf(scene.run, chosen, t), card = cardOf(scene, step, chosen)
  const spot = moving || step.kind === 'back' || step.kind === 'end' ? SPOTS[place.at](scene, chosen, place, new Map(), new Map()) : card && [card.x + card.w - 12, card.y + card.h - 12]
  const shown = spot ? [[chosen, moving || step.kind === 'end' ? place.family : 'in-flight', spot[0], spot[1]]] : []
  move(scene, shown)
  ring(scene, shown[0], chosen)
  for (const one of scene.cards) if (one.over) one.over.textContent = ''
}

// Bring the picture to a time. `dense`: too many pass per second to be seen one by one.
export function showMarks(scene, t, chosen, dense, calm) {
  const { found, over } = placed(scene, t)
  const shown = dense ? found.filter(([i]) => i === chosen) : calm ? found.filter(([, family]) => family !== 'failed' && family !== 'timed-out') : found
  move(scene, shown)
  ring(scene, shown.find(([i]) => i === chosen), chosen, chosen >= 0 && placeOf(scene.run, chosen, t).at === 'leg')
  for (const card of scene.cards) if (card.over) card.over.textContent = !dense && over.get(card) ? `+${count(over.get(card))}` : ''
  scene.drawn = shown.length
  scene.hidden = [...over.values()].reduce((a, b) => a + b, 0)
}

// Marks are kept and moved; a mark of each family for each that was ever needed at once.
function move(scene, shown) {
  scene.pools ??= {}
  const used = {}
  for (const [, family, x, y] of shown) {
    const pool = (scene.pools[family] ??= [])
    const n = (used[family] = (used[family] ?? 0) + 1)
    if (pool.length < n) {
      pool.push(mark(family))
      scene.moving.append(pool[n - 1])
    }
    pool[n - 1].setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
    if (pool[n - 1].hidden_) { pool[n - 1].style.display = ''; pool[n - 1].hidden_ = false }
  }
  for (const [family, pool] of Object.entries(scene.pools)) {
    for (let n = used[family] ?? 0; n < pool.length && !pool[n].hidden_; n++) { pool[n].style.display = 'none'; pool[n].hidden_ = true }
  }
}

// Its number stands beside the ring on a card, and over it between two cards.
function ring(scene, at, chosen, between) {
  if (!scene.ring) {
    scene.ringNumber = svg('text', { class: 'b', x: 18, y: 6 })
    scene.ring = svg('g', { class: 'ring' }, svg('circle', { r: 13 }), scene.ringNumber)
    scene.moving.append(scene.ring)
  }
  scene.ring.style.display = at ? '' : 'none'
  if (!at) return
  scene.ringNumber.textContent = chosen + 1
  scene.ringNumber.setAttribute('x', between ? -4 : 18)
  scene.ringNumber.setAttribute('y', between ? -18 : 6)
  scene.ring.setAttribute('transform', `translate(${at[2].toFixed(1)} ${at[3].toFixed(1)})`)
}

// The path of the chosen request, as far as it has come, and the card where it is.
export function showPath(scene, step, chosen) {
  const { run } = scene, came = CAME[step.kind] ?? 4
  const far = step.kind === 'end' ? (run.pod[chosen] >= 0 ? 4 : run.controller[chosen] >= 0 ? 3 : run.node[chosen] >= 0 ? 2 : 0) : came
  const legs = [0, 1, 2, 3].slice(0, far).map((leg) => endsOfLeg(scene, chosen, leg)).filter(([a, b]) => a && b)
  scene.path.replaceChildren(...legs.map(([a, b]) => svg('path', { d: curve(a, b) })))
  const here = cardOf(scene, step, chosen)
  for (const card of scene.cards) card.element.classList.toggle('here', card === here)
}

const CAME = { start: 0, client: 0, 'load-balancer': 1, node: 2, controller: 3, pod: 4, back: 4, over: 0 }

function cardOf(scene, step, i) {
  const { run, of, client } = scene, row = run.recording.rows[run.row[i]]
  if (step.kind === 'wait') return of.station[run.recording.stations.findIndex((s) => s.name === step.title)]
  return { client, 'load-balancer': of.balancer[row.destination], node: of.node[run.node[i]],
    controller: of.station[run.controller[i]], pod: of.station[run.pod[i]], back: of.station[run.pod[i]] }[step.kind]
}

// What is out of order now: a cross at its corner, a broken outline and the word.
export function showBroken(scene, t) {
  for (const card of scene.cards) {
    if (!card.members.length) continue
    const outages = scene.run.recording.outages[card.kind === 'controller' || card.kind === 'pod' ? 'station' : card.kind]
    const down = card.members.filter((number) => (outages[number] ?? []).some(([at, until]) => at <= t && (until === null || t < until))).length
    if (card.down === down) continue
    card.down = down
    card.element.classList.toggle('down', down > 0)
    if (down && !card.cross) card.element.append(card.cross = svg('g', { class: 'broken', transform: `translate(${card.x + 2} ${card.y + 2})` }, svg('circle', { class: 'seal', r: 11 }), mark('failed')))
    if (card.cross) card.cross.style.display = down ? '' : 'none'
    const word = card.members.length > 1 ? `${down} of ${card.members.length} down` : 'down'
    if (card.word) card.word.textContent = down ? word : card.whole ?? ''
    if (card.busy && down) card.busy.textContent = word
  }
}

// The share of time that workers were busy, in words on their card.
export function showBusy(scene, t, since) {
  for (const card of scene.cards) {
    if (!card.busy || card.down) continue
    const share = busyOf(scene.run, card.members[0], Math.max(0, since), t)
    const busy = `busy ${percent(Math.min(1, share))}`, whole = t > 0 ? `${card.sub} · ${busy}` : card.sub
    const text = widthOf(whole) > card.free ? busy : whole
    if (card.busy.textContent !== text) card.busy.textContent = text
  }
}

// How many requests passed each line in the last second of the wall clock, as its width.
export function showDensity(scene, t, span) {
  const passed = new Map()
  for (const i of openBetween(scene.run, t - span, t)) pass(scene, i, passed)
  const most = Math.max(1, ...[...passed.values()].map((one) => one.n))
  scene.roads.replaceChildren(...[...passed.values()].map(({ a, b, n }) => svg('path', { d: curve(a, b), 'stroke-width': (1.5 + 8 * n / most).toFixed(1) })))
}

function pass(scene, i, passed) {
  for (let leg = 0; leg < 4; leg++) {
    const [a, b] = endsOfLeg(scene, i, leg)
    if (!a || !b) continue
    const key = `${scene.cards.indexOf(a)} ${scene.cards.indexOf(b)}`
    if (!passed.has(key)) passed.set(key, { a, b, n: 0 })
    passed.get(key).n++
  }
}

const MOST_REASONS = 3

// The strip below: what fell out, counted by reason.
export function showFallen(scene, t) {
  const { reasons } = countsAt(scene.run, t), y = scene.bottom + 44
  const key = reasons.map((one) => `${one.reason} ${one.n}`).join()
  if (scene.fallenKey === key) return
  scene.fallenKey = key
  const parts = [svg('text', { x: 0, y, class: 'q' }, reasons.length ? 'Fallen out' : 'Nothing has fallen out')]
  let x = 96
  for (const { reason, family, n } of reasons.slice(0, MOST_REASONS)) {
    const cross = svg('g', { transform: `translate(${x} ${y - 5})` }, mark(family))
    const text = `${count(n)} ${reason}`
    parts.push(cross, svg('text', { x: x + 16, y }, text))
    x += 40 + text.length * 9.2
  }
  if (reasons.length > MOST_REASONS) parts.push(svg('text', { x, y }, `and ${reasons.length - MOST_REASONS} more reasons`))
  scene.fallen.replaceChildren(...parts)
}

export function describe(scene, step, t, chosen, untold) {
  const counts = countsAt(scene.run, t)
  scene.title.textContent = `Request ${chosen + 1} at ${t.toFixed(3)} s: ${step.title}`
  scene.desc.textContent = untold ? untold : `${step.text} ${counted(counts.inFlight, 'request')} in flight, ${count(counts.answered)} answered, ${count(counts.lost)} failed.`
  scene.picture.setAttribute('aria-label', `${scene.title.textContent}. ${scene.desc.textContent}`)
}
