// The request that a page begins with.
import { twin } from './run.js'
import { momentsOf, opensConnection } from './steps.js'

const MANY = 50, SHARE = 0.1, MOST_TRIED = 300

// Where many are like the first one, one of them that comes later: counts, shares and dots tell something by then.
export function exampleOf(runs) {
  const [run] = runs, alike = requestsLikeFirst(run), begin = Math.floor(alike.length * SHARE)
  if (alike.length <= MANY) return 0
  const wanted = wayOf(runs, 0)
  return alike.slice(begin, begin + MOST_TRIED).find((i) => run.sent[i] < breaksAt(run) && wayOf(runs, i) === wanted) ?? 0
}

const requestsLikeFirst = (run) => Array.from({ length: run.n }, (_, i) => i).filter((i) => run.row[i] === run.row[0])

// In each plan its steps, its end, and whether it opens its connection.
function wayOf(runs, i) {
  const chosen = runs.map((run, n) => (n ? twin(runs[0], i, run) : i))
  return JSON.stringify([momentsOf(runs, chosen).map(({ kind, fresh }) => [kind, fresh]), runs.map((run, n) => [run.end[chosen[n]], opensConnection(run, chosen[n])])])
}

const breaksAt = ({ recording }) => Math.min(Infinity, ...(recording.faults ?? []).map(({ at_s: at }) => at))
