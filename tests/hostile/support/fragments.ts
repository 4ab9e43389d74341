/** JSON nested so deep that whatever follows it by calling itself runs out of stack. */
export function deepJson(levels: number, [opening, closing]: readonly [string, string] = ['[', ']']): string {
  return `${opening.repeat(levels)}1${closing.repeat(levels)}`;
}

/** An object with very many names. */
export function wideJson(names: number): string {
  return `{${Array.from({ length: names }, (_, index) => `"k${index}":${index}`).join(',')}}`;
}

/** Values, as JSON text, that no message holds where they are put; some are not even JSON. */
export const fragments: readonly string[] = [
  'null', 'true', 'false', '0', '-0', '-1', '1.5', '1e308', '1e999', '-1e999', '1e-400', '9007199254740993', '18446744073709551616',
  '4294967295', '-9223372036854775808', '2147483648', '9'.repeat(400), 'NaN', 'Infinity', '-Infinity', 'undefined', '0x10', '01', '.5', "'x'",
  '""', '" "', '"\\u0000"', '"\\ud800"', '"\\u202e\\u0000\\uffff"', '"__proto__"', '"constructor"', '"NaN"', '"Infinity"', '"1e999"', '"-1"',
  `"${'x'.repeat(5000)}"`, `"${'é'.repeat(300)}"`, '"a\\nb\\tc"', '"<script>alert(1)</script>"', '"%s%n%d"', '"2026-02-30T25:61:61Z"', '"+275760-09-13"',
  '"../../../../etc/passwd"', '"..%2f..%2f"', '"/etc/passwd"', '"C:\\\\windows"', '"."', '".."', '"tinker://../weights/.."', '"tinker://x:train:0/weights/../../y"',
  '"tinker://a:train:0/weights/x\\u0000y"', '"file:///etc/passwd"', '"//evil.test/x"', '"http://[::1"',
  '[]', '{}', '[[]]', '[null]', '[[1],[2,3]]', '[1,"a",null,{}]', '{"":""}', '{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":1}', '{"toJSON":1}', '{"length":4294967295}', '{"then":1}', '{"type":"try_again","queue_state":7}', '{"status":"complete_metadata","response_payload_size":1e300}',
  '{"error":{"toString":1}}', '{"detail":[{"loc":[{"toString":1}],"msg":{"toString":1}}]}', '{"a":1,"a":2}', '{"a":1,"__proto__":2}',
  '{"data":[1,2],"dtype":"float32","shape":[4294967295,4294967295]}', '{"data":[],"dtype":"int64","shape":[0,9007199254740991]}', '{"data":[1],"dtype":"float64","shape":[-1]}',
  '{"data":[1],"dtype":"float32","shape":[1,4000000000],"sparse_crow_indices":[0,1],"sparse_col_indices":[3999999999]}',
  '{"data":[[[[1]]]],"dtype":"float32"}', '{"data":[1e39],"dtype":"float32","shape":[1]}', deepJson(40), deepJson(30_000), deepJson(12_000, ['{"a":', '}']),
];
