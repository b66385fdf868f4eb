// The results as an SVG that reads on light and dark pages.
const ours = '#2f9e6e';
const others = ['#8a93a6', '#c08a3e', '#7f6bb3', '#b0605c'];
const text = (x, y, words, anchor = 'start') => `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;

/** Bars of CPU per request, the least first. */
function bars(rows, top) {
  const longest = Math.max(...rows.map(({ cpu }) => cpu));
  return rows
    .toSorted((one, other) => one.cpu - other.cpu)
    .map(({ name, cpu }, index) => {
      const y = top + index * 34;
      const width = Math.max(2, (cpu / longest) * 420);
      const bar = `<rect x="140" y="${y}" width="${width.toFixed(1)}" height="22" rx="3" fill="${name === 'ours' ? ours : others[0]}"/>`;
      return `${text(130, y + 15, name, 'end')}${bar}${text((148 + width).toFixed(1), y + 15, `${cpu.toFixed(2)} ms`)}`;
    })
    .join('');
}

/** CPU per request over a size, both by powers of ten: a line for each gateway. */
function lines({ title, sizes, series }, left, top) {
  const [width, height] = [250, 170];
  const values = Object.values(series).flat();
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  const [from, to] = [Math.log10(sizes[0]), Math.log10(sizes.at(-1))];
  const x = (size) => left + ((Math.log10(size) - from) / (to - from)) * width;
  const y = (value) => top + height - ((Math.log10(value) - low) / (high - low)) * height;
  const powers = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const grid = powers.map(
    (power) =>
      `<line x1="${left}" x2="${left + width}" y1="${y(power)}" y2="${y(power)}" stroke="#7a8296" stroke-opacity="0.25"/>${text(left - 6, y(power) + 4, `${power} ms`, 'end')}`,
  );
  const marks = sizes.map((size) => text(x(size).toFixed(1), top + height + 18, size, 'middle'));
  const drawn = Object.entries(series).map(([name, cpus], index) => {
    const points = cpus.map((cpu, at) => `${x(sizes[at]).toFixed(1)},${y(cpu).toFixed(1)}`).join(' ');
    const colour = name === 'ours' ? ours : others[index - 1];
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/><text x="${left + 8}" y="${top + 14 + index * 16}" fill="${colour}">${name}</text>`;
  });
  return [text(left, top - 12, title), ...grid, ...marks, ...drawn].join('');
}

export function picture(rows, growths) {
  const middle = 62 + rows.length * 34;
  const charts = growths.map((growth, index) => lines(growth, 70 + index * 330, middle + 30)).join('');
  const content = `${text(10, 20, 'CPU of the gateway per page, 50 connections')}${bars(rows, 34)}${charts}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 ${middle + 240}" font-family="system-ui, sans-serif" font-size="13" fill="#7a8296">${content}</svg>\n`;
}
