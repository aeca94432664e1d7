import { nearest } from '../../util/text/nearest.ts';

/** A statement parsed by DuckDB: JSON objects. Those that represent expressions have a class. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** Kinds of expressions that depend on a single row and have no other effect. */
const CLASSES = new Set(['BETWEEN', 'CASE', 'CAST', 'COLLATE', 'COLUMN_REF', 'COMPARISON', 'CONJUNCTION']);
for (const name of ['CONSTANT', 'FUNCTION', 'OPERATOR']) CLASSES.add(name);

/** Functions that are deterministic and whose result takes bounded space and time. */
const FUNCTIONS = new Set(
  [
    '+ - * / // % ^ ** & | ~ << >> || ^@ ->> ~~ !~~ ~~* !~~* like_escape not_like_escape ilike_escape not_ilike_escape',
    'abs add ceil ceiling divide exp fdiv floor fmod greatest isfinite isinf isnan least ln log log10 log2 mod multiply',
    'pow power round sign sqrt subtract trunc nullif',
    'ascii bit_length char_length character_length concat concat_ws contains ends_with instr lcase left length lower',
    'ltrim nfc_normalize ord position prefix reverse right rtrim split_part starts_with string_split strip_accents',
    'strlen strpos substr substring suffix trim ucase unicode upper url_decode',
    'regexp_extract regexp_full_match regexp_matches',
    'century date_diff date_part date_sub date_trunc datediff day dayofmonth dayofweek dayofyear decade epoch epoch_ms',
    'hour isodow isoyear make_date microsecond millisecond minute month quarter second strptime to_days to_hours',
    'to_minutes to_months to_seconds to_timestamp to_weeks to_years try_strptime week weekday weekofyear year',
    'array_contains array_extract array_has array_has_all array_has_any array_length array_position array_slice',
    'element_at len list_contains list_element list_extract list_has list_has_all list_has_any list_max list_min',
    'list_position list_sum list_value map_extract map_keys map_values octet_length row struct_extract struct_pack',
    'json_array_length json_exists json_extract json_extract_path json_extract_path_text json_extract_string json_type',
    'json_valid hash md5 sha1 sha256 typeof',
  ].flatMap((line) => line.split(' ')),
);

/** Functions whose second argument is a pattern. The pattern must not come from the index. */
const PATTERNED = /^(?:!?~~\*?|(?:not_)?i?like_escape|regexp_.*)$/;
/** LIKE and NOT LIKE. Unlike the other variants, they try every way to match only if the pattern has both kinds of wildcards. */
const SEARCHED = /^!?~~$/;
const MAX_TRIED_WILDCARDS = 2;

/** The names of columns in a condition, each without the parts after its first dot. */
export type ConditionNames = ReadonlySet<string>;

/**
 * Checks every part of a parsed condition and collects the names of its columns.
 * @throws the error that `fail` makes for the first part that is not allowed
 */
export function walkCondition(condition: Json, fail: (reason: string) => Error): ConditionNames {
  const names = new Set<string>();
  const visit = (part: Json): void => {
    if (part === null || typeof part !== 'object') return;
    if (isObject(part) && typeof part['class'] === 'string') {
      checkExpression(part, names, fail);
      // The contents of a constant are data.
      if (part['class'] === 'CONSTANT') return;
    }
    for (const child of Object.values(part)) visit(child as Json);
  };
  visit(condition);
  return names;
}

function checkExpression(part: JsonObject, names: Set<string>, fail: (reason: string) => Error): void {
  const kind = String(part['class']);
  if (!CLASSES.has(kind)) {
    throw fail(
      `it has a ${kind.toLowerCase().replaceAll('_', ' ')}; expected a condition on the columns of a row`,
    );
  }
  if (kind === 'COLUMN_REF') {
    const [name] = listOf(part['column_names']);
    names.add(String(name));
  }
  if (kind === 'FUNCTION') checkFunction(part, fail);
}

function checkFunction(part: JsonObject, fail: (reason: string) => Error): void {
  const name = String(part['function_name']).toLowerCase();
  if (!FUNCTIONS.has(name) || part['schema'] !== '' || part['catalog'] !== '') {
    const near = nearest(
      name,
      [...FUNCTIONS].filter((known) => /^\w/.test(known)),
    );
    const hint = near === null ? '' : `; did you mean ${near}?`;
    throw fail(`a condition may not use the function ${name}${hint}`);
  }
  if (!PATTERNED.test(name)) return;
  const [, pattern] = listOf(part['children']);
  const text = constantText(pattern ?? null);
  if (text === null) throw fail(`the pattern of ${name} must be a constant`);
  if (name.startsWith('regexp_')) return;
  const tried = text.replace(/%$/, '').split('%').length - 1;
  if ((!SEARCHED.test(name) || text.includes('_')) && tried > MAX_TRIED_WILDCARDS) {
    throw fail(`the pattern '${text}' would take too long; use regexp_matches`);
  }
}

function constantText(part: Json): string | null {
  if (!isObject(part) || part['class'] !== 'CONSTANT' || !isObject(part['value'] ?? null)) return null;
  const { value } = part['value'] as JsonObject;
  return typeof value === 'string' ? value : null;
}

const isObject = (part: Json): part is JsonObject =>
  typeof part === 'object' && part !== null && !Array.isArray(part);

const listOf = (part: Json | undefined): readonly Json[] => (Array.isArray(part) ? part : []);
