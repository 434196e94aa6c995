// What decides, as tables: the rulebook of a controller with the request lying on its head, and the ports of a node.
import { html } from './panels.js'
import { counted, duration } from './numbers.js'
import { bare } from './steps.js'
import { foldMark, lockMark, named, quiet, ringMark, styled, widthOf } from './shapes.js'

const FOOT = 'no rule fits: 404, written here'
const FITS = '=', DIFFERS = '≠'

// The open controller: its name, the card, the rows, the foot.
export function openBook(moment, station) {
  const { row } = moment, book = row.book, told = moment.ruled
  const lock = lockAt(moment, 'controller')
  const reads = [station.node && station.node !== station.name ? `${moment.lane ? '' : 'on '}${station.node}` : '', moment.lane || moment.narrow || lock.length ? '' : book?.reads].filter(Boolean).join(' · ')
  const head = html('div', { class: 'title' }, named(station.name, 'b18'), quiet(reads), ...stayOf(moment), ...lock)
  return [head, ...(book ? [bookTable(moment, book, told)] : [cardAlone(moment), html('p', { class: 'saying' }, row.says?.controller ?? '')])]
}

// In a lane: how long the request is there, with its wait.
function stayOf({ lane, guessing, run, i }) {
  const took = run.controllerDeparture[i] - run.controllerArrival[i]
  return lane && !guessing && Number.isFinite(took) ? [html('b', { class: 'b14 end' }, `${duration(took)} here`)] : []
}

// A lock where the key lies.
export function lockAt(moment, place) {
  const { tls } = moment.row
  if (!tls || tls.ends_at !== place || moment.row.scheme === 'http') return []
  return [html('span', { class: 'key', title: `TLS ends here${tls.key ? `: ${tls.key}` : ''}` }, lockMark(), html('b', {}, tls.key || 'key here'))]
}

function bookTable(moment, book, told) {
  if (moment.lane) return laneTable(moment, book, told)
  if (moment.narrow) return phoneTable(moment, book, told)
  const letters = rowLetters(moment, book), classes = ['book', told ? 'told' : 'untold', book.rows.length > 4 ? 'full' : book.rows.length < 4 ? 'airy' : ''].join(' ').trim()
  const bodies = book.rows.map((one, n) => ruleRows(moment, one, n, told, letters.get(n)))
  return html('table', { class: classes, 'data-lies': moment.step.kind === 'controller' },
    html('caption', { class: 'unseen' }, `Rules that are read for ${moment.row.request}`), columnsOf(moment, book.rows),
    html('thead', {}, headRow(), cardRow(moment, told && moment.subject)), ...bodies, footRows(moment, book, letters.get(null)))
}

// In a lane: the winner, the rule that comes nearest, and how many more there are; a line each.
function laneTable(moment, book, told) {
  const shown = nearest(book, MOST_IN_LANE, told)
  const letters = rowLetters(moment, book), rest = book.rows.length - shown.length + (book.more ?? 0)
  const bodies = shown.map((one) => laneRow(moment, one, told, letters.get(book.rows.indexOf(one))))
  return html('table', { class: `book lanebook ${told ? 'told' : 'untold'}`, 'data-lies': moment.step.kind === 'controller' }, html('caption', { class: 'unseen' }, `Rules that are read for ${moment.row.request}`),
    columnsOf(moment, shown), html('thead', {}, cardRow(moment, told && moment.subject)), ...bodies, laneFoot(shown.find((one) => told && one.wins), rest))
}

const MOST_IN_LANE = 2, MOST_ON_PHONE = 3

// The winner and the rules that come nearest to it, in the order of the book.
function nearest({ rows }, most, told) {
  const all = [...rows].sort((a, b) => b.wins - a.wins || b.host_fits - a.host_fits || b.path_fits - a.path_fits)
  return told ? rows.filter((one) => all.indexOf(one) < most) : rows.slice(0, most)
}

// Why the winner wins, and how many rules there are besides.
function laneFoot(winner, rest) {
  const words = [...(winner ? [html('b', { class: 'b14' }, winner.because)] : []), ...(rest ? [html('span', { class: winner ? 'quiet end' : 'quiet' }, counted(rest, 'more rule'))] : [])]
  return html('tfoot', {}, html('tr', { class: 'unlisted' }, html('td'), html('td', { colspan: 4 }, html('div', { class: 'pair' }, ...words))))
}

function laneRow(moment, one, told, letter) {
  const wins = told && one.wins, kind = wins ? 'bold' : ''
  return html('tbody', { class: wins ? 'rule wins' : 'rule', title: told ? one.because : null }, html('tr', {}, html('td', { class: 'sign' }, letter ? letterButton(moment, letter) : signed_(told ? (one.host_fits ? FITS : DIFFERS) : '')),
    html('th', { scope: 'row' }, named(one.host || 'any host', kind)), html('td', { class: 'sign' }, signed_(told ? pathSign(one) : '')), html('td', {}, rulePath(moment, one, wins)), html('td', { class: 'right' }, named(one.service, kind), ...(told ? [html('span', { class: 'unseen' }, one.because)] : []))))
}

// On a phone: host and path, and below them the reason with the Service that the rule names.
function phoneTable(moment, book, told) {
  const letters = rowLetters(moment, book), { row, step, subject } = moment
  const to = told && subject && step.stage >= 3 ? [html('tr', { class: 'to' }, html('td'), html('td', { colspan: 3, class: 'written' }, '→ ', named(serviceWords(row, subject), 'bold')))] : []
  const card = html('tr', { class: 'card' }, html('td', { class: 'sign' }, ringMark()), html('td', {}, named(row.host, 'bold')), html('td'), html('td', {}, ...pathParts(row)))
  const shown = letters.size || moment.stage.unfolded === RULES ? book.rows : nearest(book, told && to.length ? 1 : MOST_ON_PHONE, told), folded = book.rows.length - shown.length
  const bodies = shown.map((one, n) => phoneRows(moment, one, n, told, letters.get(book.rows.indexOf(one))))
  return html('table', { class: `book ${told ? 'told' : 'untold'}`, 'data-lies': step.kind === 'controller' }, html('caption', { class: 'unseen' }, `Rules that are read for ${row.request}`),
    phoneColumns(row, book), html('thead', {}, card, ...to), ...bodies, footRows(moment, book, letters.get(null), 3, folded ? [foldedRules(moment, folded)] : []))
}

// The rules that a phone has no room for: pressed, all are shown until the next step.
function foldedRules({ stage }, many) {
  const pressed = html('button', { type: 'button', class: 'fold' }, foldMark(), counted(many, 'more rule'))
  pressed.addEventListener('click', () => { stage.unfolded = RULES; stage.redraw() })
  return html('tr', { class: 'unlisted' }, html('td'), html('td', { colspan: 3 }, pressed))
}

const RULES = 'rules'

function phoneColumns(row, book) {
  const host = Math.min(PHONE_HOST, Math.max(...[row, ...book.rows].map((one) => widthOf(one.host) + 6)))
  return html('colgroup', {}, ...[34, host, 16].map((width) => styled(html('col'), 'width', `${width}px`)), html('col'))
}

const PHONE_HOST = 166

function phoneRows(moment, one, n, told, letter) {
  const wins = told && one.wins, bold = wins ? 'b' : 'span', sign = html('td', { class: 'sign', rowspan: 2 }, letter ? letterButton(moment, letter) : signed_(told ? (one.host_fits ? FITS : DIFFERS) : ''))
  const to = html('span', { class: 'to' }, '→ ', named(one.service, wins ? 'bold' : ''))
  const body = html('tbody', { class: wins ? 'rule wins' : 'rule' }, html('tr', {}, sign, html('th', { scope: 'row' }, named(one.host || 'any host', wins ? 'bold' : '')), html('td', { class: 'sign' }, signed_(told ? pathSign(one) : '')),
    html('td', {}, ...typedPath(moment, one, wins))), html('tr', {}, html('td', { colspan: 3 }, html('div', { class: 'because' }, html(bold, {}, told ? one.because : ''), to))))
  if (letter) body.addEventListener('click', () => moment.view.onLetter?.(letter.id))
  return styled(body, '--row', n)
}

// How much of the width each column gets: what its longest text needs; where there is too little, the path comes first.
function columnsOf({ row, lane, bookWide = 450 }, rows) {
  const whole = bookWide - (lane ? 24 : 28), signs = lane ? LANE_SIGNS : SIGNS, widest = (widths) => Math.max(...widths) + 8
  const host = widest([row, ...rows].map((one) => widthOf(one.host) * (one === row || one.wins ? 1 : PLAIN))), service = widest(rows.map((one) => widthOf(one.service) * (one.wins ? 1 : PLAIN))) + 6
  const path = widest([...rows.map((one) => pathWidth(row, one.path, lane ? '' : one.type)), pathWidth(row, row.path, '') + (lane ? 0 : widthOf(row.method, false) + 6)])
  const forPath = Math.min(path, MOST_WIDE), left = whole - signs[0] - signs[1] - forPath
  const forHost = host + service > left ? Math.max(left * host / (host + service), left - service) : host + (left - host - service) / 2
  const widths = [signs[0], forHost, signs[1], forPath, left - forHost]
  return html('colgroup', {}, ...widths.map((width) => styled(html('col'), 'width', `${(100 * width / whole).toFixed(2)}%`)))
}

const pathWidth = ({ tls }, path, type) => (tls?.sealed ? widthOf(UNREAD, false) + 20 : widthOf(path) + (type ? widthOf(type, false) + 6 : 0))

const MOST_WIDE = 210, PLAIN = 0.92, SIGNS = [31, 19], LANE_SIGNS = [29, 19]

const headRow = () => html('tr', { class: 'heads' }, html('td'), html('th', { scope: 'col' }, 'Host'), html('td'), html('th', { scope: 'col' }, 'Path'), html('th', { scope: 'col', class: 'right' }, 'Service'))

// The request as it lies on the head of the book.
function cardRow({ row, step, lane, ruled: known }, service) {
  const to = html('td', { class: `right ${step.stage >= 3 ? 'written' : ''}` }, service ? named(serviceWords(row, service), 'bold') : known ? quiet('none') : '?')
  return html('tr', { class: 'card' }, html('td', { class: 'sign' }, ringMark()), html('td', {}, named(row.host, 'bold')), html('td'), html('td', {}, ...pathParts(row, lane)), to)
}

const serviceWords = (row, service) => row.book?.rows.find((one) => one.wins)?.service ?? bare(service)

function pathParts(row, lane) {
  const path = row.tls?.sealed ? html('span', { class: 'sealed' }, 'sealed') : html('b', { class: 'path' }, row.path)
  return lane ? [path] : [path, ' ', quiet(row.method)]
}

// The path of a rule; where TLS goes on to the Pod nobody can compare it.
const UNREAD = 'not read', CANNOT = 'The path is sealed: only the name in the greeting (SNI) can be read.'

const rulePath = ({ row }, one, wins) => (row.tls?.sealed ? html('span', { class: 'sealed', title: CANNOT }, UNREAD) : html(wins ? 'b' : 'span', { class: 'path' }, one.path))

const typedPath = (moment, one, wins) => (moment.row.tls?.sealed ? [rulePath(moment, one, wins)] : [rulePath(moment, one, wins), ' ', quiet(one.type)])

function ruleRows(moment, one, n, told, letter) {
  const wins = told && one.wins, sign = told ? (one.host_fits ? FITS : DIFFERS) : ''
  const first = html('tr', {}, html('td', { class: 'sign', rowspan: told ? null : 2 }, letter ? letterButton(moment, letter) : signed_(sign)),
    html('th', { scope: 'row' }, named(one.host || 'any host', wins ? 'bold' : '')), html('td', { class: 'sign' }, signed_(told ? pathSign(one) : '')),
    html('td', {}, ...typedPath(moment, one, wins)), html('td', { class: 'right' }, named(one.service, wins ? 'bold' : '')))
  const second = html('tr', {}, ...(told ? [html('td')] : []), html('td', { colspan: 4 }, html('div', { class: 'because' }, told ? html(wins ? 'b' : 'span', {}, one.because) : '', named(one.source, 'quiet end'))))
  const body = styled(html('tbody', { class: wins ? 'rule wins' : 'rule' }, first, second), '--row', n)
  if (letter) body.addEventListener('click', () => moment.view.onLetter?.(letter.id))
  return body
}

const signed_ = (sign) => html('span', { class: 'compared', title: WORDS[sign] }, sign)
const WORDS = { [FITS]: 'the same', [DIFFERS]: 'another', '': null }

const pathSign = (one) => (one.path_fits === null || one.path_fits === undefined ? '' : one.path_fits ? FITS : DIFFERS)

function footRows(moment, book, letter, columns = 4, folded = []) {
  const sign = () => html('td', { class: 'sign' }, ...(letter ? [letterButton(moment, letter)] : []))
  const words = book.foot ?? FOOT, rest = book.more ? book.more_words : '', beside = rest && words.length + rest.length <= MOST_IN_FOOT
  const more = rest && !beside ? [html('tr', { class: 'unlisted' }, html('td'), html('td', { colspan: columns }, quiet(rest)))] : []
  const foot = html('tr', { class: 'foot' }, sign(), html('td', { colspan: columns }, html('div', { class: 'pair' }, quiet(words), ...(beside ? [html('span', { class: 'quiet end' }, rest)] : []))))
  if (letter) foot.addEventListener('click', () => moment.view.onLetter?.(letter.id))
  return html('tfoot', {}, ...folded, ...more, foot)
}

const MOST_IN_FOOT = 54

// The letters of a question about the rules, by the row that each stands for; null: no row.
export function rowLetters(moment, book) {
  const found = new Map()
  if (moment.asked?.id !== 'rule') return found
  moment.asked.choices.forEach((choice, n) => {
    const row = choice.row ?? null
    if (!found.has(row) && (row === null || row < book.rows.length)) found.set(row, { ...choice, letter: 'abcde'[n] })
  })
  return found
}

function letterButton(moment, { id, letter, words }) {
  const pressed = html('button', { type: 'button', class: 'letter', 'aria-label': `${letter}: ${words}` }, letter)
  pressed.addEventListener('click', (event) => { event.stopPropagation(); moment.view.onLetter?.(id) })
  return pressed
}

// The card where there is no table to lie on.
export function cardAlone({ row }, more = '') {
  return html('div', { class: `lone card ${more}`.trim() }, ringMark(), quiet(row.method), named(row.host, 'bold'), row.tls?.sealed ? html('span', { class: 'sealed' }, 'sealed') : html('b', { class: 'path' }, row.path))
}

// The comparison that decides for the rule that I had chosen, drawn under the book.
export function comparison(moment) {
  const { view, row, said, lane } = moment, question = view.predict?.question
  if (said === null || lane || question.id !== 'rule' || !row.book) return null
  const one = row.book.rows[question.choices.find(({ id }) => id === said)?.row ?? -1] ?? row.book.rows.find((rule) => rule.wins)
  const [label, left, sign, right, note] = one ? compared(row, one) : []
  if (!label) return null
  const parts = [html('b', {}, named(left)), html('b', { class: 'compared' }, sign), html('b', {}, named(right))]
  const wide = [left, sign, right].reduce((sum, text) => sum + widthOf(text), 2 * COMPARED_PAD) + [label, note].reduce((sum, text) => sum + widthOf(text, false), 0) + 4 * COMPARED_GAP
  return html('p', { class: 'comparison' }, ...(wide > (moment.bookWide ?? Infinity) ? parts : [quiet(label), ...parts, quiet(note)]))
}

const COMPARED_PAD = 24, COMPARED_GAP = 10

function compared(row, one) {
  if (!one.host_fits) return ['Host', row.host, DIFFERS, one.host, 'its path is not compared']
  if (one.path_fits) return one.wins ? ['fits', row.path, FITS, one.path, one.type] : losesTo(row, one)
  const [asked, ruled] = [row.path.split('/'), one.path.split('/')], n = ruled.findIndex((part, k) => part !== asked[k])
  if (one.type !== 'Prefix' || n < 1 || !asked[n] || !ruled[n]) return ['whole path', row.path, DIFFERS, one.path, one.type]
  return [n === 1 ? 'first segment' : `segment ${n}`, asked[n], DIFFERS, ruled[n], 'whole, or not at all']
}

function losesTo(row, one) {
  const winner = row.book.rows.find((rule) => rule.wins)
  return winner && winner.path !== one.path ? ['both fit', winner.path, 'before', one.path, winner.path.length > one.path.length ? 'the longer wins' : winner.type] : []
}

// The open node: the packet, the ports that kube-proxy listens for, and that it reads no more than these.
export function openPorts(moment, node) {
  const { row } = moment, ports = row.port_rows
  const head = html('div', { class: 'title' }, named(node.name, 'b18'), quiet('rules that kube-proxy wrote'))
  const packet = html('div', { class: 'lone card' }, ringMark(), html('b', {}, 'to ', named(node.name)), html('b', { class: 'whole' }, portWords(row)), html('span', { class: 'end whole' }, 'TCP'))
  return [head, packet, portTable(moment, ports)]
}

// Left of a port, and between it and its Service.
const PORT_PAD = 26

export const portWords = (row) => (row.port ? `port ${row.port}` : 'its Service')

function portTable({ row, narrow }, ports) {
  if (!ports) return html('p', { class: 'saying' }, row.says?.node ?? '')
  const shown = narrow ? ports.rows.filter((one, n) => one.wins || n === Number(ports.rows[0].wins)) : ports.rows, rest = ports.rows.length - shown.length + (ports.more ?? 0)
  const bodies = shown.map((one, n) => styled(html('tbody', { class: one.wins ? 'rule wins' : 'rule' },
    html('tr', {}, html('th', { scope: 'row' }, html(one.wins ? 'b' : 'span', {}, one.port)), html('td', { class: 'right' }, named(one.service, one.wins ? 'bold' : ''))),
    html('tr', {}, html('td', { colspan: 2 }, html('div', { class: 'because' }, html(one.wins ? 'b' : 'span', {}, one.because))))), '--row', n))
  const more = rest ? [html('tr', { class: 'unlisted' }, html('td', { colspan: 2 }, quiet(counted(rest, 'more port'))))] : []
  return html('table', { class: `ports told ${ports.rows.length > 3 ? 'full' : ''}`.trim() }, html('caption', { class: 'unseen' }, 'Ports that kube-proxy has rules for'), html('colgroup', {}, styled(html('col'), 'width', narrow ? '48%' : `calc(${Math.ceil(Math.max(...ports.rows.map((one) => widthOf(one.port))) + PORT_PAD)} * var(--u))`), html('col')),
    ...bodies, html('tfoot', {}, ...more, html('tr', { class: 'foot' }, html('td', { colspan: 2 }, quiet(ports.foot)))))
}
