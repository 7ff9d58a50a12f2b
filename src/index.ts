/**
 * cloudcrop: crop a box out of cloud data, in the browser.
 *
 * @module
 */
export type { Bbox, Interval, IntervalEnd } from "./core/bbox.js";
export type {
  AcrossOptions,
  AttributeValue,
  Dataset,
  MemberAttributes,
  MemberStatistics,
  Members,
  StatisticValue,
} from "./core/dataset.js";
export type { DataType, TypedArray } from "./core/dtype.js";
export { type ErrorCode, type ErrorDetail, isReaderError, type ReaderError } from "./core/error.js";
export type { JsonObject, JsonValue } from "./core/json.js";
export type { PolygonRings } from "./core/plan.js";
export type { Estimate, EstimateOptions, Explain, Rates } from "./core/price.js";
export type { Progress, StageTimes } from "./core/progress.js";
export { slice } from "./core/slice.js";
export type {
  AnySource,
  Coverage,
  ExplainOptions,
  FieldInfo,
  GraphSource,
  GridOptions,
  GridQuery,
  GridReadOptions,
  GridSelection,
  GridSource,
  LevelInfo,
  MeshSource,
  NetworkQuery,
  Plan,
  PointQuery,
  PointSource,
  PolylineQuery,
  PolylineSource,
  Query,
  QueryOptions,
  Slice,
  SourceInfo,
  SourceKind,
  SourceOfKind,
} from "./core/source.js";
export type {
  AcrossTable,
  Axis,
  Column,
  ColumnNotes,
  GraphTable,
  GridCoordinate,
  GridMask,
  GridTable,
  MeshTable,
  PointTable,
  PolylineTable,
  StackedTable,
} from "./core/table.js";
export type { SpanKind, Timeline, TimelineRequest, TimelineSpan } from "./core/timeline.js";
export { type DiagnoseOptions, diagnose } from "./diagnose.js";
export type { CorsRule } from "./doctor/cors-rules.js";
export type { Check, CheckId, CheckState, Diagnosis } from "./doctor/diagnosis.js";
export { type OpenLocation, type OpenOptions, open } from "./open.js";
