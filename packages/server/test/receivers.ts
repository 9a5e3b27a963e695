// The outside, for tests: real servers on 127.0.0.1 that record what arrives and misbehave when told to.
export * from './receivers/http.ts'
export { SELF_SIGNED } from './receivers/self-signed.ts'
export * from './receivers/smtp.ts'
