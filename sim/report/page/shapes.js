// Shapes that mean something: marks of the families, the lock where TLS ends, the chair nobody sits on, names.
import { html } from './panels.js'

const SVG = 'http://www.w3.org/2000/svg'

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

const SHAPES = {
  'in-flight': () => [svg('circle', { class: 'fly', r: 5.5 })],
  delivered: () => [svg('circle', { class: 'ok', r: 9 }), svg('path', { class: 'cut', d: 'M-4 0l3 3.5l5.5-7' })],
  redirected: () => [svg('path', { class: 'moved', d: 'M0-10L10 0L0 10L-10 0z' }), svg('path', { class: 'cut', d: 'M-4.5 0H4M1-3.5L4.5 0L1 3.5' })],
  failed: () => [svg('path', { class: 'bad', d: 'M-7-7L7 7M7-7L-7 7' })],
  'timed-out': () => [svg('circle', { class: 'late', r: 7.5 })],
}

export const mark = (family) => svg('g', { 'data-family': family }, ...SHAPES[family]())

export function inlineMark(family) {
  const picture = svg('svg', { class: 'mark', viewBox: '-11 -11 22 22', 'aria-hidden': 'true' })
  picture.append(mark(family))
  return picture
}

// The ring that the followed request wears.
export const ringMark = () => drawing('ringed', '-14 -14 28 28', svg('circle', { class: 'outer', r: 12 }), svg('circle', { class: 'fly', r: 5.5 }))

// A closed lock: TLS ends here, so the key lies here.
export const lockMark = () => drawing('lock', '0 0 30 42',
  svg('path', { class: 'shackle', d: 'M6 20v-8a9 9 0 0 1 18 0v8' }),
  svg('rect', { class: 'solid', x: 0, y: 17, width: 30, height: 24, rx: 3 }),
  svg('path', { class: 'hole', d: 'M15 25v9' }), svg('circle', { class: 'keyhole', cx: 15, cy: 26, r: 3.5 }))

// Nobody sits here: the controller is missing.
export const chairMark = () => drawing('chair', '0 0 120 230',
  svg('path', { d: 'M17 12v115M103 12v115M17 12q43-16 86 0M17 46q43-14 86 0M17 80q43-12 86 0' }),
  svg('path', { d: 'M17 127h86l14 28H3zM5 155v70M115 155v70M27 155v46M93 155v46' }))

export const foldMark = () => drawing('triangle', '0 0 10 12', svg('path', { class: 'solid', d: 'M1 1l8 5l-8 5z' }))

// The outline of a load balancer: it points to where it sends.
export const arrowOutline = () => {
  const outline = drawing('arrow', '0 0 100 100', svg('path', { d: 'M0 0H82L100 50L82 100H0z', 'vector-effect': 'non-scaling-stroke' }))
  outline.setAttribute('preserveAspectRatio', 'none')
  return outline
}

const drawing = (kind, viewBox, ...parts) => svg('svg', { class: kind, viewBox, 'aria-hidden': 'true' }, ...parts)

// A property of an element's style; the page's policy allows no style attribute.
export function styled(element, property, value) {
  element.style.setProperty(property, value)
  return element
}

// How wide a text is at 16 units, bold, or at 14.
export const widthOf = (text, bold = true) => measuredIn(bold ? '700 16px system-ui, sans-serif' : '14px system-ui, sans-serif', text ?? '')

let ruler
function measuredIn(font, text) {
  ruler ??= document.createElement('canvas').getContext('2d')
  ruler.font = font
  return ruler.measureText(text).width
}

// A name that gives way in its middle where there is no room; the whole is its tooltip.
export function named(text, kind = '') {
  const whole = String(text ?? '')
  return html('span', { class: `name ${kind}`.trim(), title: whole }, html('span', { class: 'front' }, whole))
}

// Names that have no room where they stand keep their beginning and their end in sight; the others stay one text.
export function fitNames(element) {
  const fronts = [...element.querySelectorAll('.name > .front')]
  fronts.forEach(unsplit)
  const cut = fronts.map((front) => [front, front.scrollWidth > front.clientWidth + 1 ? front.clientWidth : 0])
  for (const [front, room] of cut) if (room) split(front, room)
}

function unsplit(front) {
  if (!front.nextSibling) return
  front.textContent = front.parentElement.title
  front.style.removeProperty('max-width')
  front.nextSibling.remove()
}

// As many letters as fit, most of them at the end once the beginning has two; the style sheet writes the dots.
function split(front, room) {
  const whole = front.textContent, style = getComputedStyle(front), wide = (text) => measuredIn(`${style.fontWeight} ${style.fontSize} ${style.fontFamily}`, text)
  const tailOf = (shown) => Math.min(MOST_TAIL, shown - LEAST_HEAD, Math.ceil(shown / 2))
  let shown = whole.length - 1
  while (shown > LEAST_HEAD && wide(`${whole.slice(0, shown - tailOf(shown))}…`) + wide(whole.slice(-tailOf(shown))) > room - ROUNDING) shown--
  const tail = tailOf(shown)
  if (tail < 1) return
  front.textContent = whole.slice(0, -tail)
  styled(front, 'max-width', `${Math.ceil(wide(`${whole.slice(0, shown - tail)}…`)) + ROUNDING}px`)
  front.after(html('span', { class: 'tail' }, whole.slice(-tail)))
}

const MOST_TAIL = 7, LEAST_HEAD = 2, ROUNDING = 1

export const quiet = (...words) => html('span', { class: 'quiet' }, ...words)

// What was answered, on the place that wrote it.
export function bubbleOf({ status, words, look_at: look }, family) {
  const said = words ?? (status ? String(status) : 'answered')
  return html('div', { class: 'bubble' }, html('p', { class: 'saying' }, inlineMark(family), html('b', {}, said)),
    ...(look ? [html('p', { class: 'look' }, quiet('Look at: '), look)] : []))
}

// The mark of a plan: a square, a disc, a triangle.
export const inlinePlan = ({ mark: sign }) => html('span', { class: 'plan-mark', 'aria-hidden': 'true' }, sign)
