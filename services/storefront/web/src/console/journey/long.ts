/** Days, hours and minutes where seconds say nothing any more. */
export function long(ms: number, duration: (ms: number) => string): string {
  if (ms < 90_000) return duration(ms);
  const seconds = Math.round(ms / 1000);
  const minutes = Math.round(ms / 60_000);
  if (minutes < 10) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.round(minutes / 1440)} d`;
}
