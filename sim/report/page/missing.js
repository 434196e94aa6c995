// What recordings do not say yet, from what they do say.
const SAYS = { client: 'client', balancer: 'load-balancer', node: 'node', controller: 'controller', pod: 'pod' }

export function completed(data) {
  data.question ??= 'Where does the request go?'
  data.finding ??= data.title
  data.plans.forEach(completePlan)
  return data
}

function completePlan(plan) {
  plan.summary ??= ''
  for (const end of plan.ends) end.words ??= end.reason
  for (const row of plan.rows) completeRow(row)
}

function completeRow(row) {
  row.questions ??= []
  row.says ??= {}
  for (const [key, kind] of Object.entries(SAYS)) row.says[key] ??= ended(row.hops.find((hop) => hop.kind === kind)?.says ?? '')
  row.says.end ??= ended(row.final.message)
}

const ended = (text) => (text ? `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, '')}.` : '')
