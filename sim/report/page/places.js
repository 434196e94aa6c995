// The way in: client, load balancer, nodes and controllers, each as a column with the followed one on the middle line.
import { html } from './panels.js'
import { count, counted } from './numbers.js'
import { bare, manyOf, opensConnection, targetName } from './steps.js'
import { arrowOutline, bubbleOf, foldMark, inlineMark, named, quiet } from './shapes.js'
import { answerOf, controllersOf, hereOf, passesController } from './moment.js'
import { cardAlone, lockAt, openBook, openPorts } from './book.js'

const MOST_IN_LINE = 26, MOST_IN_ARROW = 10, MOST_NODES = 3, MOST_BALANCERS = 4, MOST_CONTROLLERS = 3

// Three parts of a column: what stands above the middle line, on it, and below it.
export function column(kind, { above = [], here = [], below = [] }) {
  return html('div', { class: `column ${kind}` }, html('div', { class: 'above' }, ...above), html('div', { class: 'here' }, ...here), html('div', { class: 'below' }, ...below))
}

// A box of the picture: `keys` name the things that it stands for, so that wires and dots find it.
export function box(kind, keys, ...content) {
  return html('div', { class: `box ${kind}`, 'data-box': keys.join(' ') }, ...content)
}

// What has no room of its own, named or counted; with `press` it opens.
export function foldBar(kind, keys, words, more = [], press = null) {
  const inside = [...(press ? [foldMark()] : []), html('span', { class: 'label' }, words), ...more]
  if (!press) return box(`bar ${kind}`, keys, ...inside)
  const pressed = html('button', { type: 'button', class: `box bar ${kind}`, 'data-box': keys.join(' ') }, ...inside)
  pressed.addEventListener('click', press)
  return pressed
}

const note = (...words) => html('p', { class: 'note' }, ...words)

// A decision that was made, under the place that made it.
const decision = (what, how) => html('p', { class: 'decision' }, what, html('br'), quiet(how))

export function clientColumn(moment) {
  const { far, step, lane, row } = moment, end = answerOf(moment), here = step.place === 'client'
  const shown = here && !lane ? [html('div', { class: 'flagged' }, cardAlone(moment))] : []
  const pill = box(`client ${here ? 'now' : ''}`, ['client'], html('b', {}, 'client'), html('span', { class: 'overflow', 'data-over': 'client' }))
  const answered = end && end.by === null ? [unanswered(end, moment.narrow)] : []
  const sealed = row.tls?.legs?.client === 'encrypted' && !lane && far > 0 ? [html('p', { class: 'note leg' }, quiet('encrypted'))] : []
  return column('c-client', { above: shown, here: [pill], below: [...answered, ...sealed] })
}

// Nobody wrote an answer: only the client's own clock or its system says so.
function unanswered(end, marked) {
  return html('div', { class: 'noanswer' }, ...(marked ? [inlineMark(end.family)] : []), html('b', {}, end.words ?? 'nobody answers'), quiet('no code: nobody answered'),
    ...(end.look_at ? [html('span', {}, quiet('Look at: '), end.look_at)] : []))
}

export function balancerColumn(moment) {
  const { recording, row, lane, low, far, step } = moment, all = recording.balancers.map((_, n) => n).filter((n) => recording.balancers[n].service)
  const chosen = recording.balancers[row.destination]
  if (!chosen?.service) return column('c-balancer', { here: [missing(moment)], below: smallBalancers(recording, all, lane ? 2 : 3) })
  const others = all.filter((n) => n !== row.destination), most = lane ? (low ? 1 : 2) : step.place === 'client' || step.place === 'load-balancer' ? 0 : 2
  const flag = step.place === 'load-balancer' && !lane ? [html('div', { class: 'flagged wide' }, cardAlone(moment))] : []
  const picks = far >= 1 && !lane ? [picked(moment, targetName(moment.run, moment.i, row), row.to_pods ? manyOf(moment.run, row.nodes) : row.nodes.length, row.to_pods ? 'Pod' : 'node')] : []
  const bubble = bubbleAt(moment, 'load-balancer')
  const place = box(`balancer ${step.place === 'load-balancer' ? 'now' : ''}`, [`balancer:${row.destination}`], arrowOutline(),
    named(chosen.name, (moment.tight && far > 0) || (lane && chosen.name.length > MOST_IN_ARROW) ? 'b14' : 'b16'), ...(moment.tight && far > 1 ? [] : [named(chosen.address, 'quiet')]), ...lockAt(moment, 'load-balancer'))
  const [before, after] = [others.slice(0, most), others.slice(most)]
  return column('c-balancer', {
    above: [...flag, ...smallBalancers(recording, before, most), ...bubble], here: [place],
    below: [...picks, ...(lane || !picks.length ? smallBalancers(recording, after, lane ? 1 : MOST_BALANCERS - most) : foldOfBalancers(after))],
  })
}

function missing({ row }) {
  const words = row.end === 'lb-pending' ? 'pending: it has no address' : 'no load balancer is reached'
  return html('div', { class: 'box balancer wanted', 'data-box': 'none' }, arrowOutline(), quiet(words))
}

function smallBalancers(recording, all, most) {
  const shown = all.slice(0, most), rest = all.slice(most)
  return [...shown.map((n) => box('balancer small', [`balancer:${n}`], arrowOutline(), named(recording.balancers[n].name, 'quiet'))), ...foldOfBalancers(rest)]
}

const foldOfBalancers = (rest) => (rest.length ? [box('balancer small', rest.map((n) => `balancer:${n}`), arrowOutline(), quiet(`${rest.length} more`))] : [])

// Which one was picked, of how many, and for how long that holds.
function picked(moment, name, many, what) {
  const { run, i } = moment
  if (!name) return ''
  const { per_request: each, to_pods: pods } = moment.row
  if (!each && !opensConnection(run, i)) return decision(`kept ${name}`, 'the connection is open')
  const of = `${many ? `1 of ${counted(many, what)}` : 'one of those it knows'}${each ? ', per request' : (what === 'node' || pods) && !moment.tight ? ', once per connection' : ''}`
  return decision(html('span', {}, 'picked ', named(name)), of)
}

export function nodeColumn(moment) {
  if (moment.row.to_pods) return column('c-node', { above: moment.lane ? [] : [note('past the nodes:', html('br'), quiet('the targets are Pods'))] })
  const { recording, run, i, far, step, lane } = moment, all = recording.nodes.map((_, n) => n)
  const chosen = far >= 1 ? run.node[i] : -1, open = step.place === 'node' && !lane
  if (chosen < 0) return column('c-node', { here: nodeBars(moment, all, lane ? 1 : MOST_NODES) })
  const folds = foldsOf(moment, all, chosen)
  const here = open ? openNode(moment, chosen) : foldedNode(moment, chosen)
  const many = manyOf(moment.run, moment.row.pods?.[moment.row.nodes?.indexOf(chosen)])
  const took = far >= 2 && !open && !lane ? [picked(moment, passesController(moment) ? hereOf(moment).controller : hereOf(moment).pod, many, 'Pod')] : []
  return column('c-node', {
    above: [...nodeBars(moment, folds.above, 2), ...bubbleAt(moment, 'node')], here: [here],
    below: [...nodeBars(moment, folds.below, folds.most ?? 2), ...took],
  })
}

// Those before and after the chosen one; more than three nodes are one fold, and so are all where there is little room.
function foldsOf({ lane, tight, narrow, low, far, step, row }, all, chosen) {
  if (tight && !lane && far > 2) return { above: [], below: [] }
  const full = narrow || low || (step.place === 'node' && row.port_rows?.rows.length > 3)
  if (lane || full || all.length > MOST_NODES) return { above: [], below: all.filter((n) => n !== chosen), most: 0 }
  return { above: all.filter((n) => n < chosen), below: all.filter((n) => n > chosen) }
}

function nodeBars({ recording, step, lane }, members, most) {
  const shown = members.length <= most ? members : [], rest = members.length <= most ? [] : members
  const same = () => (step.place === 'node' && !lane ? [html('span', { class: 'quiet end' }, 'has the same rules')] : [])
  return [...shown.map((n) => foldBar('node', [`node:${n}`], named(recording.nodes[n].name, 'quiet'), same())),
    ...(rest.length ? [foldBar('node', rest.map((n) => `node:${n}`), quiet(rest.length === recording.nodes.length ? counted(rest.length, 'node') : lane ? `${rest.length} more` : counted(rest.length, 'more node')), rest.length < recording.nodes.length ? same() : [])] : [])]
}

function foldedNode(moment, n) {
  const { recording, row, far, step } = moment, node = recording.nodes[n], name = bare(recording.balancers[row.destination]?.service ?? '')
  const lines = [row.port ? named(String(row.port), 'b14') : '', named(name, 'q14')].filter(Boolean)
  const rule = far >= 2 && name && !moment.tight ? [html('p', { class: 'rowline' }, ...lines)] : []
  return box(`node ${step.place === 'node' ? 'now' : ''}`, [`node:${n}`], named(node.name, 'b16'), ...rule)
}

const openNode = (moment, n) => box('node open now', [`node:${n}`], ...openPorts(moment, moment.recording.nodes[n]))

export function controllerColumn(moment) {
  const { recording, run, i, far } = moment, all = controllersOf(recording)
  if (!all.length && moment.row.book) return column('c-controller none', { above: [note('no controller Pod:', html('br'), quiet('the load balancer reads the rules'))], below: far >= 1 && !moment.asked ? ruleLine({ row: moment.row, ruled: true }) : [] })
  if (!all.length) return column('c-controller none', { above: [note(recording.absent?.says ?? 'no controller in this plan:', html('br'), quiet('nobody reads host or path'))] })
  const bars = (members) => controllerBars(recording, members)
  if (!passesController(moment)) return column('c-controller none', { above: [note('no controller on this way')], below: far >= 1 ? bars(all) : [] })
  if (far < 3) return column('c-controller', { here: foldedControllers(moment, all) })
  const chosen = run.controller[i], others = all.filter((n) => n !== chosen), open = isOpen(moment)
  const here = open ? [bookBox(moment, chosen)] : [foldedController(moment, chosen)]
  const ruledBy = open || moment.lane ? [] : ruleLine(moment)
  return column(`c-controller ${open ? 'opened' : ''}`, { above: bubbleAt(moment, 'controller'), here, below: [...ruledBy, ...(moment.lane || moment.narrow || moment.said !== null ? [] : bars(others))] })
}

// In a lane the book stays open while the request goes on.
const isOpen = ({ step, lane }) => step.place === 'controller' || (lane && step.place !== 'end')

const bookBox = (moment, n) => box('controller open now', [`station:${n}`], ...openBook(moment, moment.recording.stations[n]))

function foldedControllers(moment, all) {
  const shown = all.slice(0, MOST_CONTROLLERS), rest = all.slice(MOST_CONTROLLERS)
  return [...shown.map((n) => foldedController(moment, n)), ...controllerBars(moment.recording, rest)]
}

function foldedController(moment, n) {
  const { recording } = moment, station = recording.stations[n], plain = moment.guessing
  return box('controller', [`station:${n}`], html('div', { class: 'pair' }, named(station.name, 'b16'), ...(moment.tight || station.name.length + station.node.length > MOST_IN_LINE ? [] : [named(station.node, 'quiet end')])),
    ...(plain ? [] : [html('div', { class: 'pair' }, html('span', { class: 'served', 'data-served': n }), html('span', { class: 'dots', 'data-slots': n }), ...(moment.tight ? [] : [html('b', { class: 'end share', 'data-share': controllersOf(recording).join(' '), 'data-of': n })]))]),
    ...lockAt(moment, 'controller'))
}

function controllerBars(recording, members) {
  if (members.length > 2) return [foldBar('controller', members.map((n) => `station:${n}`), quiet(`${members.length} more controllers`))]
  return members.map((n) => foldBar('controller', [`station:${n}`], named(`${recording.stations[n].name} on ${recording.stations[n].node}`, 'quiet'),
    [html('span', { class: 'dots end', 'data-slots': n })]))
}

// The rule that won, under the folded book.
function ruleLine({ row, ruled }) {
  const winner = row.book?.rows.find((one) => one.wins)
  if (!ruled || !winner) return []
  return [html('p', { class: 'decision' }, named(`${winner.host} ${winner.path}`), html('br'), quiet('names Service '), named(winner.service))]
}

export function bubbleAt(moment, place) {
  const answer = answerOf(moment)
  return answer?.by === place ? [bubbleOf(answer, answer.family)] : []
}

export const servedWords = (n) => `served ${count(n)}`
