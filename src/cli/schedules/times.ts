/** A time of a schedule as its own zone reads it, with the day of the week and the distance from UTC. */
export function zonedText(time: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...{ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'longOffset' },
  }).formatToParts(new Date(time));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? '';
  const day = [of('year'), of('month'), of('day')].join('-');
  const clock = [of('hour'), of('minute'), of('second')].join(':');
  return `${of('weekday')} ${day} ${clock} ${of('timeZoneName').replace('GMT', 'UTC')}`;
}
