// Numbers: packed columns read, times and counts written as a reader expects them.

const GROUP = 7, MORE = 128

// The inverse of sim.report.page.columns: base64, seven bits a byte, the lowest first.
export function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  const numbers = []
  let number = 0, factor = 1
  for (const byte of bytes) {
    number += (byte & (MORE - 1)) * factor
    if (byte & MORE) { factor *= 2 ** GROUP; continue }
    numbers.push(number)
    number = 0
    factor = 1
  }
  return numbers
}

export const signed = (n) => (n % 2 ? -(n + 1) / 2 : n / 2)

export const count = (n) => n.toLocaleString('en')

export const counted = (n, one) => `${count(n)} ${one}${n === 1 ? '' : 's'}`

export const percent = (share) => `${Math.round(share * 100)} %`

// 0.0123 s is 12.3 ms: three digits, or two after the point where they are zeros.
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–'
  const ms = seconds * 1e3
  if (ms >= 10000) return `${seconds.toFixed(1)} s`
  if (ms >= 100) return `${Math.round(ms)} ms`
  if (ms >= 10) return `${ms.toFixed(1)} ms`
  return `${ms.toFixed(2)} ms`
}

export const clock = (seconds, digits) => seconds.toFixed(digits)

// The first place in a sorted list whose value is above `value`: how many are at most that.
export function upTo(sorted, value) {
  let low = 0, high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= value) low = middle + 1
    else high = middle
  }
  return low
}

// Order statistics x[ceil(p·n)], as the summary of a run has them.
export function quantile(sorted, p) {
  return sorted.length ? sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] : NaN
}
