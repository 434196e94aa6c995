// Predict: what comes next is asked before it is shown; the answer and its reason are said, right ones are counted.
import { stateOf } from './steps.js'

const WHERE = {
  'load-balancer': 'to a load balancer', node: 'to a node', controller: 'to a Pod of the controller',
  pod: 'to a Pod of the application', end: 'nowhere: it ends here',
}
const SERVICE = 'to a Service, which passes it on'
const NO_SERVICE = 'A Service is a name on rules: no packet enters it.'
const NONE = 'none of them'

// What an ending means; the same list for every request, so that it tells nothing.
const ENDINGS = {
  delivered: 'the application answers', 'answered-by-proxy 403': 'the controller refuses', 'answered-by-proxy 404': 'the controller has no rule',
  'answered-by-proxy 502': 'the controller cannot connect', 'answered-by-proxy 503': 'the controller has nobody to ask',
  'redirected 308': 'another URL is named', 'dns-no-record': 'the name has no address', refused: 'no code: the connection is refused',
  timeout: 'no code: nothing comes back',
}

// The questions before a step is left: { text, options, answer, why }; `why` gives the reason for what was said.
export function questionsOn(run, i, steps, k) {
  const step = steps[k], next = steps.slice(k + 1).find((one) => one.kind !== 'wait')
  if (!next || run.end[i] < 0 || ['wait', 'back', 'end'].includes(step.kind)) return []
  const row = run.recording.rows[run.row[i]], ends = next.kind === 'end'
  const found = step.kind === 'controller' ? [ruleQuestion(row)] : []
  if (step.kind !== 'pod') found.push(whereQuestion(step, next))
  if (ends || step.kind === 'pod') found.push(endQuestion(run, i, row, steps.at(-1)))
  return found.filter(Boolean)
}

function whereQuestion(step, next) {
  const kinds = Object.keys(WHERE).filter((kind) => kind !== step.kind), answer = WHERE[next.kind]
  const why = (said) => [said === SERVICE ? NO_SERVICE : '', next.kind === 'end' ? '' : step.text].join(' ').trim()
  return { text: `${step.title}: where does the request go next?`, options: [...kinds.map((kind) => WHERE[kind]), SERVICE], answer, why }
}

// Which rule wins: asked where the controller had more than one to choose from.
function ruleQuestion(row) {
  const hop = row.hops.find((one) => one.kind === 'controller'), options = hop ? [...new Set(hop.steps.map((one) => one.row))].sort() : []
  if (options.length < 2) return null
  const winner = hop.steps.find((one) => one.wins), answer = winner?.row ?? NONE
  const reason = (said) => hop.steps.find((one) => one.row === said)?.because.replace(/^(wins|loses): /, '')
  const why = (said) => [said !== answer && reason(said) ? `${said} loses: ${reason(said)}.` : '', winner ? `${answer} wins: ${reason(answer)}.` : 'No rule holds.'].join(' ').trim()
  return { text: `${row.request}: which rule wins?`, options: [...options, NONE], answer, why }
}

function endQuestion(run, i, row, last) {
  const answer = stateOf(run, i, row), meaning = (state) => (ENDINGS[state] ? `${state}: ${ENDINGS[state]}` : state)
  const states = new Set([...Object.keys(ENDINGS), answer, ...run.recording.ends.map((end) => end.reason)])
  const all = [...states].filter((state) => ![...states].some((other) => other.startsWith(`${state} `)))
  return { text: 'How does it end for the client?', options: all.sort().map(meaning), answer: meaning(answer), why: () => last.text }
}

export const scoreText = ({ right, asked }) => `You predicted ${right} of ${asked} right.`
