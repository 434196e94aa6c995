// The life of Pods event by event: what happens to whom, at which moment, in a sentence.
import { upTo } from './numbers.js'
import { servicesOf } from './moment.js'

const MOST_IN_EVENT = 3, ALIKE_S = 1e-6

// Kinds of event in their order at one moment; each a sentence about one Pod or several.
const EVENT_SAYS = {
  told: (who) => `The last part that sends to ${who} has heard: nothing new goes there.`,
  gone: (who, one) => `${who} ${one ? 'has' : 'have'} ended.`,
  closes: (who, one) => `${who} ${one ? 'stops' : 'stop'} listening. Who has not heard of it still sends there.`,
  silent: (who, one) => `${who} ${one ? 'stops' : 'stop'} listening. Everybody has heard: nothing is sent there any more.`,
  ready: (who, one) => `${who} ${one ? 'is' : 'are'} ready: new connections may come.`,
  deleted: (who, one, because) => `${who} ${one ? 'is' : 'are'} told to go (${because}), and still ${one ? 'listens' : 'listen'}.`,
  ends: (who, one, because) => `${who} ${one ? 'is' : 'are'} told to go (${because}) and ${one ? 'stops' : 'stop'} listening at once: what is still sent there fails.`,
  starts: (who, one) => `${who} ${one ? 'starts' : 'start'}. Nobody sends there before ${one ? 'it is' : 'they are'} ready.`,
  rests: (who, one) => `${who} ${one ? 'restarts' : 'restart'}, and ${one ? 'serves' : 'serve'} nobody meanwhile.`,
}
const EVENT_KINDS = Object.keys(EVENT_SAYS)

// All events of a run in order of time, those of one kind and moment together.
export function eventsOf({ recording }, endS) {
  const found = new Map()
  for (const { kind, t, station, because = '' } of Object.keys(recording.life?.pods ?? {}).flatMap((n) => ownEvents(recording, Number(n)))) {
    if (t === null || t < 0 || t > endS) continue
    const key = `${t.toFixed(6)} ${kind} ${because}`
    if (!found.has(key)) found.set(key, { t, kind, because, stations: [] })
    found.get(key).stations.push(station)
  }
  const ranked = [...found.values()].sort((a, b) => a.t - b.t || EVENT_KINDS.indexOf(a.kind) - EVENT_KINDS.indexOf(b.kind))
  return ranked.map((one) => ({ ...one, text: `${one.t.toFixed(1)} s: ${EVENT_SAYS[one.kind](podsNamed(recording, one.stations), one.stations.length === 1, one.because)}` }))
}

function ownEvents(recording, station) {
  const [created, ready, deleted, closes, gone, breaks] = recording.life.pods[station], stopped = recording.life.stopped.find((one) => one.station === station)
  const told = Math.max(-1, ...(stopped?.senders ?? []).filter((one) => one.sends).map((one) => one.told_s)), at = (kind, t) => ({ kind, t, station, because: '' })
  const rests = breaks.flatMap(([from, , back]) => [at('rests', from), at('ready', back)]), comes = [at('starts', created), at('ready', created === null ? null : ready)]
  if (deleted === null) return [...comes, ...rests]
  const goes = { kind: closes === deleted ? 'ends' : 'deleted', t: deleted, station, because: stopped?.because ?? '' }
  return [...comes, ...rests, goes, ...(closes === deleted ? [] : [at(told <= closes ? 'silent' : 'closes', closes)]), at('told', told), ...(gone === null || gone <= closes + ALIKE_S ? [] : [at('gone', gone)])]
}

function podsNamed(recording, stations) {
  const names = stations.map((n) => recording.stations[n].name).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })), shown = names.slice(0, names.length > MOST_IN_EVENT ? MOST_IN_EVENT - 1 : MOST_IN_EVENT), rest = names.length - shown.length
  const last = rest ? `${rest} more` : shown.pop()
  return shown.length ? `${shown.join(', ')} and ${last}` : last
}

// The next event of one direction; -1: there is none.
export function nextEvent(events, now, t, by) {
  if (now !== null) return now + by >= 0 && now + by < events.length ? now + by : -1
  return by > 0 ? events.findIndex((one) => one.t > t + ALIKE_S) : events.findLastIndex((one) => one.t < t - ALIKE_S)
}

// The request to look at: the last one that came to such a Pod and is over, else one to its Service, else any.
export function seenBy(run, { t, stations }) {
  const sent = upTo(run.sent, t), mine = new Set(stations), service = servicesOf(run.recording).find((one) => one.stations.some((n) => mine.has(n)))
  const kin = new Set(service?.stations), over = (i) => run.end[i] >= 0 && run.ended[i] <= t
  for (const pods of [mine, kin]) for (let i = sent - 1; i >= 0; i--) if (pods.has(run.pod[i]) && over(i)) return i
  return Math.max(0, sent - 1)
}
