export * from './approval.ts';
export * from './calls.ts';
export * from './common.ts';
export * from './connection.ts';
export * from './masking.ts';
export * from './rpc.ts';
export * from './session.ts';
export * from './statement.ts';
