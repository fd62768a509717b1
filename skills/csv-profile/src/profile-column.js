'use strict';

const missingMarks = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '-']);
const isoDate = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;
const histogramBins = 10;

/** What the values of one column look like: type, missing and distinct values, and the distribution. */
function profileColumn(name, values, maxCategories) {
  const present = values.filter((value) => !missingMarks.has(value.trim().toLowerCase()));
  const counts = countValues(present);
  const base = {
    name,
    type: typeOf(present),
    count: values.length,
    missing: values.length - present.length,
    distinct: counts.size,
  };
  if (base.type === 'integer' || base.type === 'number') return { ...base, ...numbers(present.map(Number)) };
  if (base.type === 'date') return { ...base, ...range([...present].sort()) };
  return { ...base, top: top(counts, maxCategories) };
}

function typeOf(present) {
  if (present.length === 0) return 'empty';
  if (present.every((value) => /^[+-]?\d+$/.test(value.trim()) && Number.isSafeInteger(Number(value))))
    return 'integer';
  if (present.every((value) => value.trim() !== '' && Number.isFinite(Number(value)))) return 'number';
  if (present.every((value) => isoDate.test(value.trim()))) return 'date';
  if (present.every((value) => /^(true|false|yes|no)$/i.test(value.trim()))) return 'boolean';
  return 'text';
}

function countValues(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function top(counts, most) {
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted.slice(0, most).map(([value, count]) => ({ value: value.slice(0, 200), count }));
}

function range(sorted) {
  return { min: sorted[0], max: sorted.at(-1) };
}

function numbers(values) {
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length;
  const at = (q) => quantile(sorted, q);
  return {
    min: sorted[0],
    max: sorted[sorted.length - 1],
    mean,
    standardDeviation: Math.sqrt(variance),
    quantiles: { p05: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) },
    histogram: histogram(sorted),
  };
}

function quantile(sorted, q) {
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

function histogram(sorted) {
  const min = sorted[0];
  const width = (sorted[sorted.length - 1] - min) / histogramBins;
  if (width === 0) return [{ from: min, to: min, count: sorted.length }];
  const bins = Array.from({ length: histogramBins }, (_, i) => ({
    from: min + i * width,
    to: min + (i + 1) * width,
    count: 0,
  }));
  for (const value of sorted) bins[Math.min(histogramBins - 1, Math.floor((value - min) / width))].count++;
  return bins;
}

module.exports = { profileColumn };
