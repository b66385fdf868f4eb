/** Bars of CPU per request as an SVG that reads on light and dark pages. */
export function picture(rows) {
  const longest = Math.max(...rows.map(({ cpu }) => cpu));
  const bars = rows
    .toSorted((one, other) => one.cpu - other.cpu)
    .map(({ name, cpu }, index) => {
      const y = 20 + index * 34;
      const width = Math.max(2, (cpu / longest) * 420);
      const fill = name === 'ours' ? '#2f9e6e' : '#8a93a6';
      return [
        `<text x="130" y="${y + 15}" text-anchor="end">${name}</text>`,
        `<rect x="140" y="${y}" width="${width.toFixed(1)}" height="22" rx="3" fill="${fill}"/>`,
        `<text x="${(148 + width).toFixed(1)}" y="${y + 15}">${cpu.toFixed(2)} ms</text>`,
      ].join('');
    });
  const height = 30 + rows.length * 34;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#7a8296">${bars.join('')}</svg>\n`;
}
