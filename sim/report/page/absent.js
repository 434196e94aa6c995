// Nobody reads the rules: an empty chair in the controller's column, a closed rulebook, Pods that get nothing.
import { html } from './panels.js'
import { arrowOutline, chairMark, inlineMark, named, quiet, styled } from './shapes.js'
import { answerOf, isOver, servicesOf } from './moment.js'
import { box, foldBar } from './places.js'
import { cardAlone } from './book.js'
import { bandsOver } from './picture.js'

const MOST_BARE_NODES = 3, MOST_PODS = 3

export function absentScene({ columns, stage }, moment) {
  const { absent } = moment.recording
  columns.classList.add('absent')
  columns.dataset.open = 'absent'
  columns.style.gridTemplateColumns = ''
  columns.style.columnGap = ''
  columns.replaceChildren(entryWay(moment), chair(moment, absent), closedBook(moment, absent), podsAndManager(moment, absent))
  const tight = moment.tight, widths = tight ? [230, 190, 200, 226] : [372, 240, 216, 332]
  bandsOver(stage.element, widths, tight ? 10 : 24)
}

function entryWay(moment) {
  const { recording, run, i } = moment, over = isOver(moment) && !moment.asked, answer = answerOf(moment), nodes = recording.nodes
  const end = over ? [html('div', { class: 'noanswer' }, inlineMark(answer?.family ?? 'failed'), html('div', {}, html('b', {}, `${moment.row.host} has no address`), quiet('No code: nobody is there to write one.')))] : []
  const shown = nodes.slice(0, MOST_BARE_NODES), rest = nodes.length - shown.length
  return html('div', { class: 'wayin' }, cardAlone(moment), html('div', { class: 'pair' }, box('client now', ['client'], html('b', {}, 'client')), ...end),
    html('div', { class: 'box balancer wanted', 'data-box': 'none' }, arrowOutline(), quiet('load balancer:'), quiet(moment.asked ? '?' : 'nobody ordered it')),
    html('div', { class: 'nodes' }, ...shown.map((node, n) => box('node', [`node:${n}`], named(node.name, 'b16'), ...(moment.asked ? [] : [quiet('no rule for it')])))), ...(rest > 0 ? [quiet(`${rest} more nodes`)] : []))
}

// Before the answer nothing says who reads the rules, and nothing that follows from it.
const chair = ({ asked }, absent) => asked ? html('div', { class: 'seat' }, html('b', { class: 'b18' }, 'controller'), html('b', { class: 'unknown' }, '?'), quiet('who reads the rulebook?')) : html('div', { class: 'seat' }, html('b', { class: 'b18' }, 'controller'), chairMark(), html('b', { class: 'b18' }, absent.says ?? 'none is installed'), quiet(absent.classes ?? ''))

function closedBook({ asked }, { book }) {
  if (!book) return html('div')
  const rows = book.rows.map(({ path, service }) => html('tr', {}, html('td', { class: 'path' }, path), html('td', { class: 'right' }, named(service))))
  const more = book.more ? [html('tr', {}, html('td', { colspan: 2 }, quiet(`${book.more} more`)))] : []
  return html('div', { class: 'shelf' }, html('div', { class: 'closed' }, html('b', { class: 'b18' }, book.name), quiet(book.class ?? ''),
    html('table', {}, html('caption', { class: 'unseen' }, `Rules of ${book.name}`), html('tbody', {}, ...rows, ...more)),
    ...(asked ? [] : [html('p', { class: 'pair' }, quiet('ADDRESS'), html('b', {}, book.address || '(empty)')), html('b', { class: 'b18' }, 'unread')])),
  html('p', { class: 'note' }, 'Stored by the API server, which checks its spelling and does no more.'))
}

function podsAndManager({ recording, asked }, absent) {
  const all = servicesOf(recording).flatMap((one) => [...one.stations.map((n) => ({ ...recording.stations[n], state: 'ready', n })), ...(one.idle ?? [])])
  const seen = new Map(all.map((one) => [one.name, one])), pods = [...seen.values()], shown = pods.slice(0, MOST_PODS), rest = pods.length - shown.length
  const cards = shown.map((pod) => html('div', { class: 'box pod', 'data-box': 'none' }, html('div', { class: 'pair' }, named(pod.name, 'b18'), quiet([pod.node, pod.state === 'gets nothing' ? 'ready' : pod.state].filter(Boolean).join(' · '))),
    html('div', { class: 'pair' }, html('span', { class: 'served' }, asked ? '' : 'served 0'), html('span', { class: 'slots end' }, html('span', { class: 'wait' }, ...Array.from({ length: 4 }, () => html('i'))), styled(html('span', { class: 'serve' }), '--workers', 3)))))
  return html('div', { class: 'running' }, ...cards, ...(rest > 0 ? [foldBar('pod', [], quiet(`${rest} more Pods`))] : []), asked ? '' : manager(absent.manager))
}

function manager(jobs) {
  if (!jobs?.length) return ''
  return html('div', { class: 'manager' }, html('b', {}, 'kube-controller-manager runs'), html('dl', {}, ...jobs.map(([what, says], n) => html('div', { class: n === jobs.length - 1 ? 'last' : '' }, html('dt', {}, what), html('dd', {}, says)))))
}
