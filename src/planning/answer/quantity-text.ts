const decimalUnits = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

/** `4.66 GB`: decimal units, as used for disks and published model sizes. */
export function bytesText(bytes: number): string {
  return `${scaled(bytes)}B`;
}

/** `8.03 B` parameters, with B for 10⁹. */
export function countText(count: number): string {
  return scaled(count).replace('G', 'B').trim();
}

function scaled(value: number): string {
  const sign = value < 0 ? '-' : '';
  let magnitude = Math.abs(value);
  let unit = 0;
  while (magnitude >= 999.5 && unit < decimalUnits.length - 1) {
    magnitude /= 1000;
    unit++;
  }
  return `${sign}${threeDigits(magnitude)} ${decimalUnits[unit]}`;
}

function threeDigits(value: number): string {
  if (value >= 100 || value === 0) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value >= 0.01 ? value.toFixed(2) : value.toPrecision(2);
}

/** `350 ms`, `42 s`, `3.1 h`, `21 d`. */
export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds < 1) return `${threeDigits(seconds * 1000)} ms`;
  if (seconds < 120) return `${threeDigits(seconds)} s`;
  if (seconds < 7200) return `${threeDigits(seconds / 60)} min`;
  if (seconds < 172_800) return `${threeDigits(seconds / 3600)} h`;
  if (seconds < 1.5 * 365.25 * 86_400) return `${threeDigits(seconds / 86_400)} d`;
  return `${threeDigits(seconds / 86_400 / 365.25)} years`;
}

/** `$0.0031`, `$12.40`, `$1,250`, `$58.2 M`. */
export function usdText(usd: number): string {
  if (usd >= 1e6) return `$${countText(usd)}`;
  if (usd >= 1000) return `$${Math.round(usd).toLocaleString('en-US')}`;
  return usd >= 0.095 || usd === 0 ? `$${usd.toFixed(2)}` : `$${usd.toPrecision(2)}`;
}
