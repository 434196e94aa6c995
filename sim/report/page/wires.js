// The layer under the boxes: where boxes stand, the wires between them, tubes where a leg is encrypted, the path.
import { answerOf, passesController } from './moment.js'
import { mark, svg } from './shapes.js'
import { stateAt } from './states.js'

const EDGE = 10, BEND = 64, TUBE = 12

// Where each thing stands in a picture: key -> { x, y, w, h, out }; `out` is the height that its wires leave at.
export function measured(picture) {
  const origin = picture.getBoundingClientRect(), found = new Map()
  for (const element of picture.querySelectorAll('[data-box]')) {
    const rect = relative(element, origin), winner = element.querySelector('.rule.wins')
    rect.out = winner ? relative(winner, origin).y + relative(winner, origin).h / 2 : rect.y + rect.h / 2
    for (const key of element.dataset.box.split(' ')) if (!found.has(key)) found.set(key, rect)
  }
  return found
}

export function relative(element, origin) {
  const { left, top, width, height } = element.getBoundingClientRect()
  return { x: left - origin.left, y: top - origin.top, w: width, h: height }
}

// The boxes that a request passes, in order.
export function stopsOf(run, i, boxes) {
  const row = run.recording.rows[run.row[i]], entry = run.controller[i] >= 0 ? run.controller[i] : run.pod[i]
  const last = run.controller[i] >= 0 ? boxes.get(`station:${run.pod[i]}`) : undefined
  return [boxes.get('client'), boxes.get(`balancer:${row?.destination}`), row?.to_pods ? undefined : boxes.get(`node:${run.node[i]}`), boxes.get(`station:${entry}`), last]
}

// A wire from one box to the next, with the point at a share of it. It runs level and bends before it arrives.
export function wireOf(a, b, upright = false) {
  if (upright) return uprightWire(a, b)
  const x0 = a.x + a.w, x1 = Math.max(b.x, x0 + 1), y0 = a.out, y1 = into(y0, b)
  const bend = Math.min(BEND, x1 - x0), xm = x1 - bend, half = xm + bend / 2
  const flat = y0 === y1 ? `M${x0} ${y0}H${x1}` : `M${x0} ${y0}H${xm}C${half} ${y0} ${half} ${y1} ${x1} ${y1}`
  return { d: flat, at: (u) => pointAt(x0, x1, xm, y0, y1, u) }
}

const into = (y, b) => (Math.abs(y - b.y - b.h / 2) <= b.h / 2 - EDGE ? y : b.y + b.h / 2)

function pointAt(x0, x1, xm, y0, y1, u) {
  const x = x0 + (x1 - x0) * u
  if (x <= xm || x1 === xm) return [x, y0]
  const v = (x - xm) / (x1 - xm)
  return [x, y0 + (y1 - y0) * v * v * (3 - 2 * v)]
}

function uprightWire(a, b) {
  const x = Math.min(Math.max(a.x + a.w / 2, b.x + EDGE), b.x + b.w - EDGE), y0 = a.y + a.h, y1 = Math.max(b.y, y0 + 1), x0 = a.x + a.w / 2
  return { d: `M${x0} ${y0}L${x} ${y1}`, at: (u) => [x0 + (x - x0) * u, y0 + (y1 - y0) * u] }
}

// Draw what the followed request could take here (hair lines) and the path that it took.
export function drawWires(layer, moment, boxes, upright = false) {
  const { run, i, far } = moment, stops = stopsOf(run, i, boxes)
  const hairs = upright ? [] : candidates(moment, boxes, stops).map((wire) => svg('path', { class: 'hairline', d: wire.d }))
  const legs = legsOf(stops, far).flatMap(({ leg, a, b }) => drawnLeg(moment, leg, wireOf(a, b, upright)))
  layer.replaceChildren(...hairs, ...legs, ...(upright ? [] : ending(moment, stops)))
}

// The legs that are behind the request, each with the two boxes that it joins.
export function legsOf(stops, far) {
  const found = []
  let from = 0
  for (let to = 1; to < stops.length; to++) {
    if (!stops[to] || !stops[from]) continue
    if (to <= far || (to === 3 && far >= 4 && !stops[4])) found.push({ leg: to - 1, a: stops[from], b: stops[to] })
    from = to
  }
  return found
}

function drawnLeg(moment, leg, { d }) {
  const colour = `path c-${moment.recording.colour}`
  if (!isTube(moment, leg)) return [svg('path', { class: colour, d })]
  return [svg('path', { class: `${colour} tube`, d, 'stroke-width': TUBE }), svg('path', { class: 'bore', d }), svg('path', { class: `${colour} stitch`, d })]
}

export function isTube({ row, run, i }, leg) {
  const legs = row.tls?.legs
  if (!legs || row.scheme === 'http') return false
  return legs[leg === 0 ? 'client' : leg === 3 && run.controller[i] >= 0 ? 'pod' : 'node'] === 'encrypted'
}

function candidates(moment, boxes, stops) {
  const { row, far, run, i, ruled } = moment, edges = []
  const node = stops[2], entry = stops[3], hidden = new Set(absentNow(moment).map((n) => boxes.get(`station:${n}`)))
  if (stops[1] && far >= 1 && row.to_pods) for (const n of row.pods.flat()) edges.push([stops[1], boxes.get(`station:${n}`)])
  if (stops[1] && far >= 1 && !row.to_pods) for (const n of row.nodes) edges.push([stops[1], boxes.get(`node:${n}`)])
  if (node && (far === 2 || (far >= 2 && !passesController(moment)))) for (const n of row.pods[row.nodes.indexOf(run.node[i])] ?? []) edges.push([node, boxes.get(`station:${n}`)])
  if (entry && far >= 3 && passesController(moment) && ruled) for (const n of row.upstream ?? []) edges.push([entry, boxes.get(`station:${n}`)])
  return unlike(edges.filter(([a, b]) => a && b && !hidden.has(b) && b.x >= a.x + a.w)).map(([a, b]) => wireOf(a, b))
}

// Pods that are not there yet, or no longer.
const absentNow = ({ recording, view }) => Object.keys(recording.life?.pods ?? {}).filter((n) => ['not there yet', 'gone'].includes(stateAt(recording, n, view.t)))

function unlike(edges) {
  const seen = new Map()
  return edges.filter(([a, b]) => {
    if (!seen.has(a)) seen.set(a, new Set())
    return !seen.get(a).has(b) && seen.get(a).add(b)
  })
}

// Where it went wrong: a cross before the Pod that refused, a dotted end where nobody took it.
function ending(moment, stops) {
  const answer = answerOf(moment)
  if (!answer || answer.family === 'delivered' || answer.family === 'redirected') return []
  if (answer.by === 'controller' && stops[3] && stops[4]) return [markAt(wireOf(stops[3], stops[4]).at(0.75), answer.family)]
  if (moment.recording.life?.lost[moment.i]) return [markAt(wireOf(stops[4] ? stops[3] : stops[2] ?? stops[1], stops[4] ?? stops[3]).at(0.85), answer.family)]
  const last = stops[Math.min(moment.far, 4)]
  return answer.by === null && last ? lostAfter(last, answer.family, moment.recording.absent) : []
}

function lostAfter(last, family, absent) {
  const x = last.x + last.w
  return [svg('path', { class: 'lost', d: `M${x} ${last.out}h14` }), ...(absent ? [] : [markAt([x + 24, last.out], family)])]
}

const markAt = ([x, y], family) => svg('g', { transform: `translate(${x} ${y})` }, mark(family))
