// The picture of a plan: fixed columns, a card per thing, and where a request may stand in each.
// Cards belong to what is drawn; a card may stand for several Pods, when there is no room for each.
import { counted } from './numbers.js'

const SVG = 'http://www.w3.org/2000/svg'
export const WIDTH = 954
const COLUMNS = {
  client: { x: 0, w: 78, head: 'Client', decides: '' },
  balancer: { x: 104, w: 164, head: 'Load balancer', decides: 'a node per connection' },
  node: { x: 296, w: 174, head: 'Node: kube-proxy', decides: 'a Pod per connection' },
  controller: { x: 498, w: 176, head: 'Controller', decides: 'a rule per request' },
  pod: { x: 702, w: 252, head: 'Pods', decides: 'serve, queue when busy' },
}
const GAP = 8, GROUP_GAP = 16, CAPTION = 28, HATCH = 10
// With one plan there is room for rows that stand apart; two plans stand over each other, and each is low.
const ROOMY = { top: 72, least: 264, node: 76, pod: 60, apart: 6 }
const LOW = { top: 56, least: 168, node: 52, pod: 60, apart: 0 }
const HATCHED = ['starting', 'not ready'], UNUSED = 'gets nothing'
const MOST_NODES = 6, MOST_PODS = 6, MOST_BALANCERS = 7, MOST_CONTROLLERS = 4
const CELL = 16, SLOT = 20, BUSIEST = 'busy 100 %'

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

let ruler
export function widthOf(text, bold) {
  ruler ??= document.createElement('canvas').getContext('2d')
  ruler.font = `${bold ? '600 16px' : '14px'} system-ui, sans-serif`
  return ruler.measureText(text).width
}

// Text that fits: a namespace goes first, then its middle gives way, and the whole is its tooltip.
function label(text, x, y, room, kind = 'b') {
  let shown = widthOf(text, kind[0] === 'b') > room ? text.slice(text.lastIndexOf('/') + 1) || text : text
  const name = shown
  let kept = name.length
  while (kept > 4 && widthOf(shown, kind[0] === 'b') > room) {
    kept--
    shown = `${name.slice(0, Math.ceil(kept / 2)).trimEnd()}…${name.slice(name.length - Math.floor(kept / 2))}`
  }
  const element = svg('text', { x, y, class: kind }, shown)
  if (shown !== text) element.append(svg('title', {}, text))
  return element
}

// What stands where, for the row of the chosen request. `neutral`: nothing that tells where it will go.
export function sceneOf(run, chosen, { low = false, neutral = false } = {}) {
  const { recording } = run, size = low ? LOW : ROOMY
  const row = neutral ? { ...UNTOLD, service: '' } : recording.rows[run.row[chosen]] ?? recording.rows[0]
  const scene = { run, row, neutral, low, cards: [], captions: [], notes: [], legends: [], of: { balancer: [], node: [], station: [] } }
  const stacks = [clientStack(low), balancerStack(recording, row), nodeStack(recording, row, run, chosen, size),
    controllerStack(recording, run, chosen), podStack(recording, row, run, chosen, size)]
  const height = Math.max(size.least, ...stacks.map(heightOf))
  for (const stack of stacks) stand(scene, stack, height, size.top)
  scene.bottom = size.top + height
  scene.height = scene.bottom + 64
  return scene
}

const UNTOLD = { destination: -1, nodes: [], pods: [], upstream: null, end: null, untold: true }

const heightOf = (stack) => stack.reduce((sum, item) => sum + item.h + item.gap, 0) - (stack.at(-1)?.gap ?? 0)

function stand(scene, stack, height, top) {
  let y = top + (height - heightOf(stack)) / 2
  for (const item of stack) {
    item.y = item.above ? top : y
    y += item.h + item.gap
    if (item.kind === 'caption') scene.captions.push(item)
    else if (item.kind === 'note') scene.notes.push(item)
    else if (item.kind === 'legend') scene.legends.push(item)
    else addCard(scene, item)
  }
}

function addCard(scene, card) {
  scene.cards.push(card)
  if (card.kind === 'client') scene.client = card
  else if (card.idle) return
  else for (const member of card.members) scene.of[card.kind === 'controller' || card.kind === 'pod' ? 'station' : card.kind][member] = card
}

const card = (kind, members, h, more) => ({ kind, members, h, gap: GAP, ...COLUMNS[kind], ...more })
const note = (column, text) => ({ kind: 'note', h: 24, gap: GAP, ...COLUMNS[column], text })

const clientStack = (low) => [card('client', [], 48, { name: 'client', rows: low ? 3 : 6 })]

// The chosen one is drawn in full, the others small; what has no room is counted.
function balancerStack(recording, row) {
  const all = recording.balancers.map((_, i) => i).filter((i) => recording.balancers[i].service)
  if (row.untold) return all.slice(0, MOST_BALANCERS).map((i) => small(recording, i))
  if (!recording.balancers[row.destination]?.service) {
    const why = row.end === 'lb-pending' ? 'pending: no address' : 'none is reached'
    return [note('balancer', why), ...all.slice(0, MOST_BALANCERS).map((i) => small(recording, i))]
  }
  const kept = firstOf(all, MOST_BALANCERS, (i) => i === row.destination)
  const stack = kept.map((i) => (i === row.destination
    ? card('balancer', [i], 64, { name: recording.balancers[i].name, sub: recording.balancers[i].address, chosen: true })
    : small(recording, i)))
  if (kept.length < all.length) stack.push(note('balancer', `and ${all.length - kept.length} more`))
  return stack
}

const small = (recording, i) => card('balancer', [i], 32, { name: recording.balancers[i].name })

function firstOf(all, most, wanted) {
  const ranked = [...all].sort((a, b) => wanted(b) - wanted(a))
  const kept = new Set(ranked.slice(0, most))
  return all.filter((one) => kept.has(one))
}

function nodeStack(recording, row, run, chosen, size) {
  const all = recording.nodes.map((_, i) => i), { service } = recording.balancers[row.destination] ?? {}, { port } = row
  const here = run.node[chosen], open = new Set(row.nodes)
  const kept = firstOf(all, MOST_NODES, (i) => (i === here ? 2 : Number(open.has(i))))
  const rest = all.filter((i) => !kept.includes(i))
  const both = service ? [port ? `nodePort ${port}` : service, port ? service : ''] : []
  const rule = size === LOW ? [both.filter(Boolean).map((text) => text.replace(/^nodePort /, '')).join(' ')] : both
  const stack = kept.map((i) => card('node', [i], row.untold || !rule.length ? 52 : size.node, { name: recording.nodes[i].name, sub: recording.nodes[i].zone, rule }))
  if (rest.length) stack.push(card('node', rest, 32, { name: `and ${counted(rest.length, 'more node')}` }))
  return stack
}

function controllerStack(recording, run, chosen) {
  const all = stationsWhere(recording, (s) => s.controller)
  if (!all.length) return [{ ...note('controller', 'not in this plan'), above: true }]
  const kept = firstOf(all, MOST_CONTROLLERS, (i) => i === run.controller[chosen])
  const rest = all.filter((i) => !kept.includes(i))
  const stack = kept.map((i) => stationCard(recording, 'controller', i, 88))
  if (rest.length) stack.push(card('controller', rest, 40, { name: `${rest.length} more`, bundle: true }))
  return stack
}

const stationsWhere = (recording, holds) => recording.stations.map((_, i) => i).filter((i) => holds(recording.stations[i]))

const stationCard = (recording, kind, i, h) =>
  card(kind, [i], h, { name: recording.stations[i].name, sub: recording.stations[i].node, workers: recording.stations[i].workers })

// Pods under the name of their Service, which is a caption: nothing enters a Service.
function podStack(recording, row, run, chosen, size) {
  const services = [...new Set([row.service, ...recording.rows.map((r) => r.service)])].filter(Boolean)
  const order = recording.rows.map((r) => r.service).filter((s, i, list) => s && list.indexOf(s) === i)
  const total = stationsWhere(recording, (s) => !s.controller).length
  const stack = []
  for (const service of order.length ? order : services) {
    const pods = stationsWhere(recording, (s) => !s.controller && s.service === service)
    const apart = total <= size.apart || service === row.service, idle = recording.idle.filter((one) => one.service === service)
    if (!apart && pods.length) {
      stack.push(...bundled(pods, `${pods.length} × ${shortest(service, order)}`))
      continue
    }
    if (stack.length) stack.at(-1).gap = GROUP_GAP
    stack.push({ kind: 'caption', h: CAPTION, gap: 0, ...COLUMNS.pod, text: `endpoints of ${service}${pods.length || idle.length || row.untold ? '' : ': none'}` })
    stack.push(...podCards(recording, pods, row.untold ? -1 : run.pod[chosen], size), ...idleCards(idle, row.untold))
    stack.at(-1).gap = GROUP_GAP
  }
  return withLegend(stack)
}

// A Service without its namespace, where no other one has its name.
function shortest(service, all) {
  const name = service.split('/').at(-1)
  return all.filter((other) => other.split('/').at(-1) === name).length > 1 ? service : name
}

function podCards(recording, pods, wanted, size) {
  const kept = firstOf(pods, MOST_PODS, (i) => i === wanted), rest = pods.filter((i) => !kept.includes(i))
  return [...kept.map((i) => stationCard(recording, 'pod', i, size.pod)), ...bundled(rest)]
}

// Pods that take no new connections: a dashed outline while they stop, hatched while they are not ready.
const idleCards = (idle, untold) => idle.slice(0, MOST_PODS).map(({ name, state }) =>
  card('pod', [], 36, { name, idle: true, state: state === UNUSED && untold ? '' : state }))

const bundled = (pods, name = counted(pods.length, 'Pod')) => (pods.length ? [card('pod', pods, 36, { name, bundle: true })] : [])

// The picture as SVG: captions, wires, cards, then what moves.
export function drawScene(scene, colour) {
  const picture = svg('svg', { viewBox: `-8 0 ${WIDTH + 11} ${scene.height}`, width: WIDTH + 11, role: 'img' })
  scene.title = svg('title')
  scene.desc = svg('desc')
  scene.wires = svg('g', { class: 'wires' })
  scene.roads = svg('g', { class: 'roads' })
  scene.path = svg('g', { class: `path c-${colour}` })
  scene.moving = svg('g', { class: 'moving' })
  scene.fallen = svg('g', { class: 'fallen' })
  picture.append(scene.title, scene.desc, heads(), ...scene.legends.flatMap(legend), ...scene.captions.map(caption), ...scene.notes.map(caption), scene.wires,
    scene.roads, scene.path, ...scene.cards.map((one) => drawCard(one, colour)), scene.moving,
    svg('path', { class: 'rule', d: `M0 ${scene.bottom + 16}H${WIDTH}` }), scene.fallen,
    svg('text', { x: WIDTH, y: scene.bottom + 44, class: 'q', 'text-anchor': 'end' }, 'Times to scale, distances not'))
  scene.wires.append(...candidates(scene).map(([a, b]) => svg('path', { d: curve(a, b) })))
  scene.picture = picture
  return picture
}

function heads() {
  const all = Object.values(COLUMNS).flatMap(({ x, w, head, decides }) => [
    svg('text', { x, y: 20, class: 'b' }, head), label(decides, x, 42, w + 28, 'q')])
  return svg('g', {}, ...all)
}

// What the squares and the box of a Pod are, under the last one that has them.
function withLegend(stack) {
  const place = stack.findLastIndex((one) => one.kind === 'pod' && !one.bundle && !one.idle)
  if (place < 0) return stack
  const gap = stack[place].gap
  stack[place].gap = 0
  return stack.toSpliced(place + 1, 0, { kind: 'legend', h: 22, gap, ...COLUMNS.pod })
}

const legend = ({ x, y }) => [svg('text', { x: x + 12, y: y + 16, class: 'q' }, 'waiting'), svg('text', { x: x + 100, y: y + 16, class: 'q' }, 'served')]

const caption = (item) => label(item.text, item.x, item.y + 18, item.w, 'q')

// Every way that the chosen request could take, edge by edge.
function candidates(scene) {
  const { row, of, client, run } = scene, edges = []
  const balancer = of.balancer[row.destination]
  if (!balancer) return edges
  edges.push([client, balancer])
  row.nodes.forEach((node, place) => {
    edges.push([balancer, of.node[node]])
    for (const station of row.pods[place]) edges.push([of.node[node], of.station[station]])
  })
  const fronts = row.upstream ? new Set(row.pods.flat()) : []
  for (const front of fronts) for (const pod of row.upstream) edges.push([of.station[front], of.station[pod]])
  return unique(edges.filter(([a, b]) => a && b), run)
}

function unique(edges) {
  const seen = new Map()
  return edges.filter(([a, b]) => {
    if (!seen.has(a)) seen.set(a, new Set())
    return !seen.get(a).has(b) && seen.get(a).add(b)
  })
}

export const leftOf = (one) => [one.x, one.y + one.h / 2]
export const rightOf = (one) => [one.x + one.w, one.y + one.h / 2]

export function curve(a, b) {
  const [x0, y0] = rightOf(a), [x1, y1] = leftOf(b), middle = (x0 + x1) / 2
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`
}

// The point at a share `u` of the way from one card to the next.
export function along(a, b, u) {
  const [x0, y0] = rightOf(a), [x1, y1] = leftOf(b), v = 1 - u, middle = (x0 + x1) / 2
  const x = v * v * v * x0 + 3 * v * v * u * middle + 3 * v * u * u * middle + u * u * u * x1
  return [x, (v * v * v + 3 * v * v * u) * y0 + (3 * v * u * u + u * u * u) * y1]
}

function drawCard(one, colour) {
  const group = svg('g', { class: `card ${one.kind}` })
  group.append(...DRAWN[one.kind](one, colour))
  one.element = group
  return group
}

function clientShape(one) {
  one.slots = { client: grid(one.x + 8, one.y + one.h + 16, 5, one.rows) }
  one.over = svg('text', { class: 'q', x: one.x, y: one.y + one.h + 20 + 16 * one.rows })
  return [box(one, 24), svg('text', { x: one.x + one.w / 2, y: one.y + 30, class: 'b', 'text-anchor': 'middle' }, 'client'), one.over]
}

const grid = (x, y, columns, rows) =>
  Array.from({ length: columns * rows }, (_, i) => [x + (i % columns) * CELL, y + Math.floor(i / columns) * CELL])

function balancerShape(one, colour) {
  const { x, y, w, h } = one, point = Math.min(28, h / 2)
  const shape = svg('path', { class: `box ${one.chosen ? `lb c-${colour}` : ''}`, d: `M${x} ${y}h${w - point}l${point} ${h / 2}l${-point} ${h / 2}h${point - w}z` })
  one.word = svg('text', { class: 'q', x: x + w - 26, y: y + 21, 'text-anchor': 'end' })
  if (!one.chosen) return [shape, label(one.name, x + 12, y + 21, w - 40, 'q'), one.word]
  one.word.setAttribute('y', y + 49)
  return [shape, label(one.name, x + 12, y + 27, w - 30), label(one.sub, x + 12, y + 49, w - 36, 'q'), one.word]
}

function nodeShape(one) {
  const { x, y, w } = one, parts = [box(one, 4, 'soft')]
  if (one.members.length > 1) return [...parts, label(one.name, x + 12, y + 21, w - 24, 'q')]
  const zone = one.sub && !one.name.startsWith(one.sub) ? one.sub : ''
  parts.push(label(one.name, x + 12, y + 23, w - 24 - (zone ? widthOf(zone) + 8 : 0)))
  one.word = svg('text', { x: x + w - 12, y: y + 23, class: 'q', 'text-anchor': 'end' }, zone)
  one.whole = zone
  parts.push(one.word)
  one.rule.filter(Boolean).forEach((text, line) => parts.push(label(text, x + 12, y + 45 + 20 * line, w - 24, 'q')))
  return parts
}

function stationShape(one) {
  const { x, y, w, h } = one, room = one.kind === 'controller' ? 3 : 4
  if (one.idle) return idleShape(one)
  const parts = [box(one, 8)]
  if (one.kind === 'controller') parts.push(svg('rect', { class: 'slot', x: x + 4, y: y + 4, width: w - 8, height: h - 8, rx: 5 }))
  if (one.bundle) {
    const pod = one.kind === 'pod'
    parts.push(label(one.name, x + 12, y + h / 2 + 5, pod ? 114 : 60, 'q'))
    return [...parts, ...places(one, pod ? 1 : 3, pod ? 3 : 1, x + w - 12, y + (h - 24) / 2, true)]
  }
  const second = one.kind === 'controller'
  parts.push(label(one.name, x + 12, y + 23, second ? w - 24 : w - 32 - widthOf(BUSIEST)))
  one.busy = svg('text', { x: second ? x + 12 : x + w - 12, y: second ? y + 43 : y + 23, class: 'q', 'text-anchor': second ? 'start' : 'end' })
  one.free = second ? w - 16 : w - 32 - widthOf(one.name, true)
  return [...parts, one.busy, ...places(one, room, Math.min(one.workers, second ? 4 : 8), x + 12, y + h - 30, false)]
}

function idleShape(one) {
  const { x, y, w, h, name, state } = one, stops = !HATCHED.includes(state), inner = w - 24 - widthOf(state) - 8
  const lines = []
  for (let at = x + HATCH; !stops && at < x + w - 2; at += HATCH) lines.push(`M${at} ${y + 3}l${3 - HATCH} ${h - 6}`)
  return [box(one, 8, state === 'terminating' ? 'stops' : ''), svg('path', { class: 'hatch', d: lines.join('') }), label(name, x + 12, y + 23, inner, 'b halo'),
    svg('text', { class: 'q halo', x: x + w - 12, y: y + 23, 'text-anchor': 'end' }, state)]
}

// Waiting places, then the box of those who are served; remembers where each stands.
function places(one, waiting, workers, x, y, fromRight) {
  const width = waiting * SLOT + 8 + workers * CELL + 8
  const left = fromRight ? x - width : x, served = left + waiting * SLOT + 8
  one.slots = {
    wait: Array.from({ length: waiting }, (_, i) => [left + i * SLOT + 8, y + 12]),
    serve: Array.from({ length: workers }, (_, i) => [served + 4 + i * CELL + CELL / 2, y + 12]),
  }
  one.over = svg('text', { class: 'q', x: fromRight ? left - 8 : served + workers * CELL + 16, y: y + 17, 'text-anchor': fromRight ? 'end' : 'start' })
  const squares = one.slots.wait.map(([cx, cy]) => svg('rect', { class: 'slot', x: cx - 8, y: cy - 8, width: 16, height: 16, rx: 2 }))
  return [...squares, svg('rect', { class: 'slot', x: served, y, width: workers * CELL + 8, height: 24, rx: 4 }), one.over]
}

const box = ({ x, y, w, h }, radius, more = '') => svg('rect', { class: `box ${more}`, x, y, width: w, height: h, rx: radius })

const DRAWN = { client: clientShape, balancer: balancerShape, node: nodeShape, controller: stationShape, pod: stationShape }
