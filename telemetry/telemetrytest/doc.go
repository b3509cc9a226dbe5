// Package telemetrytest is what tests of telemetry need: a collector of spans that speaks OTLP over HTTP, and the check of a registry
// against its document.
package telemetrytest
