/** A stretch of time in which the clocks of a zone are one and the same distance from UTC. */
export interface ZoneSegment {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
  /** The offsets of the stretches on either side; the same as its own at the ends of time. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** The stretches of a time zone. */
export interface Zone {
  segmentAt(atMs: number): ZoneSegment;
}

const maxZones = 1000;
const maxSegments = 2000;
const zones = new Map<string, Zone>();

/** A zone by its IANA name, or its fixed offset (`+02:00`); null when there is none. */
export function zoneOf(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (!isTimeZone(name)) return null;
  const zone = readZone(name);
  if (zones.size >= maxZones) zones.clear();
  zones.set(name, zone);
  return zone;
}

/** Temporal alone would take whole timestamps for the zone that they name. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function readZone(name: string): Zone {
  let segments: ZoneSegment[] = [];
  return {
    segmentAt(atMs) {
      const place = placeOf(segments, atMs);
      const known = segments[place - 1];
      if (known !== undefined && atMs < known.untilMs) return known;
      const segment = readSegment(name, atMs);
      if (segments.length >= maxSegments) segments = [segment];
      else segments.splice(place, 0, segment);
      return segment;
    },
  };
}

/** How many segments begin at or before a time. */
function placeOf(segments: readonly ZoneSegment[], atMs: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle]?.fromMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readSegment(name: string, atMs: number): ZoneSegment {
  const at = zonedAt(name, atMs);
  const offsetMs = offsetOf(at);
  const from = zonedAt(name, atMs + 1).getTimeZoneTransition('previous');
  const until = at.getTimeZoneTransition('next');
  return {
    fromMs: from === null ? -Infinity : from.epochMilliseconds,
    untilMs: until === null ? Infinity : until.epochMilliseconds,
    offsetMs,
    beforeMs: from === null ? offsetMs : offsetOf(zonedAt(name, from.epochMilliseconds - 1)),
    afterMs: until === null ? offsetMs : offsetOf(until),
  };
}

function zonedAt(name: string, atMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(name);
}

function offsetOf(at: Temporal.ZonedDateTime): number {
  return Math.floor(at.offsetNanoseconds / 1_000_000);
}
