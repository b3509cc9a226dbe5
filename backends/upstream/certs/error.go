package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// Error says that a handshake failed because an instance and this gateway do not accept what the other shows. It speaks against the
// instance: another may be in order.
type Error struct {
	Reason Reason
	// Err is the cause.
	Err error
}

// Reason is why a handshake failed.
type Reason string

// The reasons.
const (
	// Untrusted: ca_file, or where there is none the system, has no authority that vouches for the instance's certificate.
	Untrusted Reason = "its certificate is of no authority that is trusted (tls.ca_file)"
	// Expired: the instance's certificate, or one between it and the root, has ended or has not begun.
	Expired Reason = "its certificate is not valid at this time"
	// OtherName: the instance's certificate is for other names (server_name).
	OtherName Reason = "its certificate is for another name (tls.server_name)"
	// Invalid: the instance's certificate is none for this, by whatever other rule.
	Invalid Reason = "its certificate is not valid"
	// Refused: the instance does not accept our certificate, or that there is none, or does not speak what we speak.
	Refused Reason = "it refuses the handshake (tls.cert_file)"
	// NoTLS: what answers does not speak TLS.
	NoTLS Reason = "it does not speak TLS"
)

func (e *Error) Error() string { return string(e.Reason) + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Explain returns an error of a connection as an [Error] where the handshake is its cause, and as it is otherwise.
func Explain(err error) error {
	if reason := reasonOf(err); reason != "" {
		return &Error{reason, err}
	}
	return err
}

func reasonOf(err error) Reason {
	if refused, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return verified(refused.Err)
	}
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" { // as crypto/tls calls the other end's alerts
		return Refused
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return NoTLS
	}
	return ""
}

// verified is why the instance's certificate was found bad.
func verified(err error) Reason {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return Untrusted
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return OtherName
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return Expired
	}
	return Invalid
}
