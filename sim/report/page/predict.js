// Predict: what comes next is asked before it is shown. An answer is never scored, only set beside what happened.
import { stateOf } from './steps.js'

const WHERE = {
  'load-balancer': 'to a load balancer', node: 'to a node', controller: 'to a Pod of the controller',
  pod: 'to a Pod of the application', end: 'nowhere: it ends here',
}
const SERVICE = 'to a Service, which passes it on'

// The question before a step, or null: { text, options, answer }.
export function questionBefore(run, i, steps, next) {
  const step = steps[next], before = steps[next - 1], row = run.recording.rows[run.row[i]]
  if (!step || !before || step.kind === 'wait' || step.kind === 'over') return null
  if (step.kind === 'end') return { text: 'How does it end for the client?', options: endings(run, i, row), answer: stateOf(run, i, row) }
  if (step.kind === 'back') return null
  if (step.kind === 'controller') return ruleQuestion(row) ?? (before.kind === 'wait' ? null : whereQuestion(step, before))
  if (step.kind === 'pod' && before.kind !== 'node') return null
  return whereQuestion(step, before)
}

function whereQuestion(step, before) {
  const kinds = Object.keys(WHERE).filter((kind) => kind !== before.kind)
  return { text: `${before.title}: where does the request go next?`, options: [...kinds.map((kind) => WHERE[kind]), SERVICE], answer: WHERE[step.kind] }
}

// Which rule wins: asked where the controller had more than one to choose from.
function ruleQuestion(row) {
  const hop = row.hops.find((one) => one.kind === 'controller')
  if (!hop || hop.steps.length < 2) return null
  const winner = hop.steps.find((one) => one.wins)
  const options = [...new Set(hop.steps.slice(0, 5).map((one) => one.row))].sort()
  return options.length < 2 ? null : { text: `${row.request}: which rule wins?`, options: [...options, 'none of them'], answer: winner ? winner.row : 'none of them' }
}

// The states that a reader may expect, this one among them, always in the same order.
function endings(run, i, row) {
  const common = ['delivered', 'answered-by-proxy 404', 'answered-by-proxy 503', 'dns-no-record', 'redirected 308', 'timeout']
  return [...new Set([...common, stateOf(run, i, row)])].sort()
}
