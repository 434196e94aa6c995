// Two plans as two lanes on one clock: the same request in both, and beside each lane what is counted.
import { html } from './panels.js'
import { fitNames, inlinePlan, named, styled } from './shapes.js'
import { answerOf } from './moment.js'
import { bandsOver, pictureOf } from './picture.js'

const NARROW = 900
const LANE = { all: [60, 136, 121, 396, 204], gap: 18 }, SMALL_LANE = { all: [56, 122, 102, 348, 204], gap: 11 }

export function lanesOf(stage) {
  const lanes = stage.runs.map((_, plan) => laneOf(stage, plan))
  const element = html('div', { class: 'lanes' }, ...lanes.map((lane) => lane.element))
  const draw = (view) => {
    const took = lanes.map((lane) => lane.draw(view))
    bandsOfLane(stage, lanes[0].inner)
    return Math.max(...took)
  }
  return { element, draw, tick: (view) => lanes.map((lane) => lane.tick(view)).some(Boolean) }
}

function laneOf(stage, plan) {
  const { recording } = stage.runs[plan], inner = pictureOf(stage, plan, true), counted = countedOf(stage, plan)
  inner.picture.widths = laneWidths
  const head = html('h2', { class: `laneof c-${recording.colour}` }, inlinePlan(recording), html('b', {}, recording.plan), html('span', { class: 'summary' }, recording.summary ?? ''))
  const element = html('section', { class: `lane c-${recording.colour}`, 'aria-label': recording.plan }, head, inner.element, counted.element)
  const refreshed = () => { counted.show(inner.picture.moment); fitNames(counted.element) }
  return {
    element, inner, draw: (view) => { const took = inner.draw(view); refreshed(); return took },
    tick: (view) => { const arrived = inner.tick(view); if (arrived) refreshed(); return arrived },
  }
}

export function laneWidths(room) {
  const { all: [client, balancer, node, book, pods], gap } = room < NARROW ? SMALL_LANE : LANE, left = room - 4 * gap - client - balancer - node
  const forBook = Math.min(book, left - pods)
  return { all: [client, balancer, node, forBook, left - forBook], gap }
}

// Over both lanes stand the four steps, and "Counted" over what is counted.
export function bandsOfLane({ element }, inner) {
  const { picture } = inner, { all, gap } = laneWidths(picture.element.clientWidth / picture.stage.unit), [client, balancer, node, controller, pods] = all
  const widths = [client + balancer + node + 2 * gap, controller * 0.58 - gap / 2, controller * 0.42 - gap / 2, pods]
  bandsOver(element, widths, gap)
}

// Dollars a month on the scale of both plans, where this request is, and the mean of the run.
function countedOf(stage, plan) {
  const { recording } = stage.runs[plan], { money, mean_ms: mean } = recording, last = plan === stage.runs.length - 1
  const where = html('b'), place = html('p', { class: 'pair' }, html('span', { class: 'quiet' }, 'now'), where)
  const dollars = money ? [html('p', { class: 'pair' }, html('span', { class: 'quiet' }, '$ a month'), html('b', { class: 'large' }, money.words)), html('div', { class: 'meter' }, styled(html('div', { class: 'dollars' }), 'width', `${100 * money.share}%`))] : []
  const means = typeof mean === 'number' ? [html('p', { class: 'pair' }, html('span', { class: 'quiet' }, 'mean, ms'), html('b', {}, mean.toFixed(1)))] : []
  const difference = last && stage.data.difference ? [html('p', { class: 'difference' }, stage.data.difference)] : []
  const element = html('div', { class: 'counted' }, ...dollars, place, ...means, ...difference)
  return { element, show: (moment) => { where.replaceChildren(named(whereIs(moment))) } }
}

function whereIs(moment) {
  const { step, run, i } = moment, answer = answerOf(moment)
  if (run.n === 0) return 'none'
  if (step.place === 'end') return answer ? (answer.family === 'delivered' ? 'delivered' : answer.status ? `ended: ${answer.status}` : 'ended') : run.end[i] < 0 ? 'in flight' : 'at its end'
  return step.place === 'client' ? 'client' : step.place === 'load-balancer' ? 'load balancer' : step.kind === 'service' ? run.recording.stations[run.controller[i]]?.name ?? '' : step.title
}
