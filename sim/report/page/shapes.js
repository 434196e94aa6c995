// Small marks: the shape of each state, as the colours alone do not tell it.

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
  failed: () => [svg('path', { class: 'bad', d: 'M-6-6L6 6M6-6L-6 6' })],
  'timed-out': () => [svg('circle', { class: 'late', r: 7 })],
}

export const mark = (family) => svg('g', { 'data-family': family }, ...SHAPES[family]())

export function inlineMark(family) {
  const picture = svg('svg', { class: 'mark', viewBox: '-11 -11 22 22', 'aria-hidden': 'true' })
  picture.append(mark(family))
  return picture
}
