// The picture: the four steps over the places that they belong to, one place open at a time, the request on its way.
import { html } from './panels.js'
import { lanesOf } from './lanes.js'
import { lifeLanes, livingOf, lives, stops } from './life.js'
import { phoneOf } from './phone.js'
import { timed } from './motion.js'
import { pictureOf } from './picture.js'
import { momentOf } from './moment.js'

const STAGES = [['Entry point', 'Entry'], ['Rule evaluation', 'Rules'], ['Routing to Service', 'Service'], ['Delivery to Pod', 'Pods']]

export function stageOf(root, data, runs) {
  const band = html('ol', { class: 'band' }), scene = html('div', { class: 'scene', role: 'group' })
  const element = html('section', { class: 'stage', 'aria-label': 'Picture' }, band, scene)
  const stage = { root, data, runs, element, scene, unit: 1, twofold: runs.length > 1, unfolded: '', shown: null, kind: '', view: null }
  if (stops(stage)) stage.life = lifeLanes(runs[0])
  stage.buttons = STAGES.map(([name, short], n) => stepButton(stage, name, short, n + 1))
  band.append(...stage.buttons.map((one) => one.item))
  stage.redraw = () => { stage.shown?.draw({ ...stage.view, motion: false }); element.querySelector('.c-pods button')?.focus() }
  timed(element)
  watched(stage)
  return { element, life: stage.life, show: (view) => show(stage, view), tick: (view) => tick(stage, view) }
}

function show(stage, view) {
  if (stage.view?.step !== view.step || stage.view?.chosen[0] !== view.chosen[0]) stage.unfolded = ''
  Object.assign(stage, { view, unit: parseFloat(getComputedStyle(stage.root).getPropertyValue('--u')) || 1 })
  exchange(stage, view)
  stage.element.classList.toggle('moves', view.motion)
  const took = stage.shown.draw(view)
  stage.life?.show(view)
  showBand(stage, view)
  return took
}

const KINDS = { one: pictureOf, lanes: lanesOf, life: livingOf, phone: phoneOf }

// Another size of window, or another number of plans, is another picture.
function exchange(stage, view) {
  const kind = view.size === 'narrow' ? 'phone' : stage.twofold ? 'lanes' : view.lanes && lives(stage) ? 'life' : 'one'
  if (kind === stage.kind) return
  stage.kind = kind
  stage.element.dataset.kind = kind
  stage.shown = kind === 'one' ? pictureOf(stage, 0) : KINDS[kind](stage)
  stage.scene.replaceChildren(stage.shown.element)
}

function tick(stage, view) {
  stage.view = view
  stage.life?.show(view)
  if (stage.shown?.tick(view)) showBand(stage, view)
}

// What the window's change moves is drawn anew where it stands now.
function watched(stage) {
  new ResizeObserver(() => stage.view && stage.shown?.draw({ ...stage.view, motion: false })).observe(stage.scene)
}

function stepButton(stage, name, short, number) {
  const caption = html('span', { class: 'caption' }), pressed = html('button', { type: 'button', class: 'stop', 'aria-label': `Step ${number}: ${name}` },
    html('span', { class: 'disc' }, String(number)), html('span', { class: 'long' }, name), html('span', { class: 'short' }, short))
  pressed.addEventListener('click', () => stage.view?.onSeek?.(number))
  return { item: html('li', { 'data-stage': number }, pressed, caption), pressed, caption, number }
}

const CAPTIONS = {
  1: ({ row }) => (row?.to_pods ? 'client · load balancer' : 'client · load balancer · node'),
  2: ({ recording, run, i, row, far }) => (recording.absent ? 'who reads the rulebook?' : run.controller[i] < 0 ? (row.book ? 'the load balancer, per request' : 'nobody reads host or path') : far < 3 ? 'not reached yet' : 'controller, per request'),
  3: ({ row, recording }) => (recording.absent || row.book ? 'a name in the rule' : 'a name, not a stop'),
  4: ({ recording }) => (recording.absent ? 'running, and idle' : 'serves, queues when busy'),
}

function showBand(stage, view) {
  const moments = stage.runs.map((_, plan) => momentOf(stage, view, plan)), now = new Set(moments.map(({ step }) => step.stage))
  const reached = new Set(view.steps.flatMap((step) => (step.own ?? [step]).map((own) => own?.stage)))
  for (const { item, pressed, caption, number } of stage.buttons) {
    item.classList.toggle('current', now.has(number))
    if (now.has(number)) pressed.setAttribute('aria-current', 'step')
    else pressed.removeAttribute('aria-current')
    pressed.disabled = !view.predict && !reached.has(number)
    caption.textContent = CAPTIONS[number](moments[0])
  }
  stage.scene.setAttribute('aria-label', view.predict && moments.some(({ asked }) => asked) ? moments[0].step.here : moments.map(({ recording, step }) => (moments.length > 1 ? `${recording.plan}: ${step.title ?? ''}` : step.title ?? '')).join('. '))
}
