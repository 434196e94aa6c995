// What state Pods that come and go are in at a moment: their boxes wear it.

// The state of a Pod at a moment, in a word or two; none for one that is there and ready.
export function stateAt({ life }, station, t) {
  const known = life?.pods[station]
  if (!known) return ''
  const [created, ready, deleted, closes, gone, breaks] = known, passed = (at) => at !== null && t >= at
  if (created !== null && t < created) return 'not there yet'
  if (ready !== null && t < ready) return 'starting'
  if (passed(gone)) return 'gone'
  if (passed(closes)) return 'stopped listening'
  if (passed(deleted)) return 'terminating'
  const rest = breaks.find(([from, , back]) => t >= from && (back === null || t < back))
  return rest ? (rest[1] !== null && t >= rest[1] ? 'not ready' : 'restarting') : ''
}

const LOOKS = { starting: 'hatched', restarting: 'hatched' }

// Each box of one Pod wears its state now.
export function showStates({ element, moment }, t) {
  if (!moment.recording.life) return
  for (const one of element.querySelectorAll('.box.pod[data-box^="station:"]:not([data-box*=" "])')) {
    const state = stateAt(moment.recording, one.dataset.box.slice('station:'.length), t)
    if ((one.dataset.state ?? '') === state) continue
    one.dataset.state = state
    if (!state) delete one.dataset.state
    one.classList.toggle('hatched', Boolean(LOOKS[state]))
    one.classList.toggle('dashed', Boolean(state) && !LOOKS[state])
  }
}
