// Plots: each `[data-plot]` is drawn from the JSON of its `script[data-plot-of]`, {labels, lies, series: [{name, values, money}]}.
// The canvas is for the eye; the table beside it says the same. `draw` may be called again after the JSON has changed.
import { yuan } from "../js/format.js";

const { echarts } = window;
const drawn = new Map();
const FONT_PX = 13;
const MANY = 8; // bars: above this their values are told on touch only

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const said = ({ money }) => (value) => (money ? `¥${yuan(Math.round(value * 100))}` : value.toLocaleString("en"));
const cut = (label) => (label.length > 12 ? `${label.slice(0, 11)}…` : label);

/** Draw every plot of the page whose JSON stands there, anew. */
export function draw() {
  for (const place of document.querySelectorAll("[data-plot]")) {
    const source = document.querySelector(`script[data-plot-of="${CSS.escape(place.dataset.plot)}"]`);
    if (source) plot(place, JSON.parse(source.textContent));
  }
}

/** Draw one plot; where there is nothing yet, say so instead. */
export function plot(place, data) {
  const isEmpty = !data.series.some(({ values }) => values.some((value) => value !== 0));
  place.hidden = isEmpty;
  place.classList.toggle("plot", !isEmpty);
  const nothing = document.querySelector(`[data-plot-nothing="${CSS.escape(place.dataset.plot)}"]`);
  if (nothing) nothing.hidden = !isEmpty;
  if (!isEmpty) chartOf(place).setOption(options(data), true);
}

function chartOf(place) {
  if (!drawn.has(place)) {
    const chart = echarts.init(place, null, { renderer: "canvas" });
    drawn.set(place, chart);
    new ResizeObserver(() => chart.resize()).observe(place);
  }
  return drawn.get(place);
}

function options({ labels, lies, series, line }) {
  const text = { color: colour("--ink-soft"), fontSize: FONT_PX, fontFamily: getComputedStyle(document.body).fontFamily };
  const names = { type: "category", data: labels, axisLabel: { ...text, formatter: cut, hideOverlap: true }, axisTick: { show: false }, inverse: Boolean(lies), axisLine: { lineStyle: { color: colour("--edge") } } };
  const values = { type: "value", minInterval: series.some(({ money }) => money) ? 0 : 1, axisLabel: { ...text, hideOverlap: true }, splitLine: { lineStyle: { color: colour("--line") } } };
  return {
    animation: false,
    color: [colour("--brand"), colour("--warm"), colour("--calm"), colour("--good")],
    grid: { left: 8, right: lies ? 56 : 16, top: series.length > 1 ? 40 : 24, bottom: 8, containLabel: true },
    legend: series.length > 1 ? { top: 0, left: 0, textStyle: text, itemHeight: 10, itemWidth: 16 } : undefined,
    // in the canvas: a box of HTML would want inline styles
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "shadow" } },
    xAxis: lies ? values : names,
    yAxis: lies ? names : values,
    series: series.map((one) => ({
      name: one.name,
      type: line ? "line" : "bar",
      step: line ? "middle" : undefined,
      stack: line ? "all" : undefined,
      symbol: "none",
      areaStyle: line ? { opacity: 0.18 } : undefined,
      data: one.values,
      barMaxWidth: 28,
      itemStyle: { borderRadius: lies ? [0, 4, 4, 0] : [4, 4, 0, 0] },
      label: { show: !line && labels.length <= MANY && series.length === 1, position: lies ? "right" : "top", formatter: ({ value }) => said(one)(value), ...text },
      tooltip: { valueFormatter: said(one) },
    })),
  };
}

document.documentElement.addEventListener("elder", draw);
