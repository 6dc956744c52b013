/** What Zod says of a value, for somebody who has never heard of it; `issue` has what it knows besides. */
export function inPlainWords(message: string, issue: object): string {
  const options: unknown = Reflect.get(issue, 'options') ?? Reflect.get(issue, 'values');
  if (Array.isArray(options)) return `must be one of ${options.join(', ')}`;
  const [, expected, received] = /expected (\w+), received (\w+)/.exec(message) ?? [];
  if (received === 'undefined') return 'is required';
  if (received === 'NaN') return 'must be a number';
  if (expected === 'int') return 'must be a whole number';
  if (expected !== undefined && received !== undefined) {
    return `must be of type ${expected}, not ${received}`;
  }
  return boundInWords(message) ?? message.charAt(0).toLowerCase() + message.slice(1);
}

/** "Too small: expected string to have >=8 characters" is "must have 8 characters or more". */
function boundInWords(message: string): string | null {
  const [, verb, sign = '', bound, unit = ''] =
    /^Too (?:small|big): expected \w+ to (be|have) ([<>]=?)([\d.]+)( \w+)?$/.exec(message) ?? [];
  if (verb === undefined) return null;
  const [side, inclusive] = sign.startsWith('>') ? ['more than', 'more'] : ['less than', 'less'];
  const counted = bound === '1' ? unit.replace(/s$/, '') : unit;
  return sign.endsWith('=')
    ? `must ${verb} ${bound}${counted} or ${inclusive}`
    : `must ${verb} ${side} ${bound}${unit}`;
}
