// The picture: the four steps and the places of the followed request.
// stageOf(root, data, runs) -> { element, show(view), tick(view) }
//
// view: { t, steps, step, chosen, size, speed, predict, motion, counts, over, onLetter(id), onSeek(stage), onFold(key) }
//   steps     the moments of steps.js: the step itself, `own[plan]`: the step that each plan's request is at
//   predict   null, or { question, plan, said, told }: question null = none is open; told null = no answer yet,
//             else { right, why }. While it is not null nothing may be told of other requests, nor of what comes.
//   motion    true: animate what changed; show() gives back how long that takes, in ms, so that the clock waits
import { html } from './panels.js'

const STAGES = ['Entry point', 'Rule evaluation', 'Routing to Service', 'Delivery to Pod']

export function stageOf(root, data, runs) {
  const band = html('ol', { class: 'band' }), scene = html('div', { class: 'scene', role: 'img' })
  const element = html('section', { class: 'stage', 'aria-label': 'Picture' }, band, scene)
  const show = (view) => {
    const now = view.steps[view.step]
    band.replaceChildren(...STAGES.map((name, n) => html('li', { 'aria-current': now.stage === n + 1 ? 'step' : null }, `${n + 1} ${name}`)))
    scene.setAttribute('aria-label', view.predict?.question && !view.predict.told ? now.here : now.title)
    scene.replaceChildren(...runs.map((run, n) => html('p', {}, `${run.recording.plan}: ${now.own[n]?.title ?? ''}`)))
    return 0
  }
  return { element, show, tick() {} }
}
