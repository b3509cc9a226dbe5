package payments

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"tiffin/internal/demo/stage"
)

const (
	// maxReferences bounds a bulk inquiry, maxReference the characters of one.
	maxReferences = 100
	maxReference  = 64
)

// answer makes a handler of an operation: a document of type Q in, one of type A or a fault out.
func answer[Q, A any](operation func(context.Context, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var question Q
		if err := read(w, r, &question); err != nil {
			write(w, faultOf(err))
			return
		}
		result, err := operation(r.Context(), question)
		if err != nil {
			write(w, faultOf(err))
			return
		}
		write(w, result)
	}
}

// faultOf reports a refusal.
func faultOf(err error) faultDocument {
	var no *refusal
	if !errors.As(err, &no) {
		panic("payments: an error that is no refusal: " + err.Error())
	}
	return faultDocument{Code: no.code, Text: no.text}
}

func (s *Service) authorize(ctx context.Context, q authorizeRequest) (authorizeResponse, error) {
	amount, err := q.Amount.money()
	if err != nil || !isReference(q.MerchantRef) {
		return authorizeResponse{}, errors.Join(err, badReference(q.MerchantRef))
	}
	says := judge(q.Instrument)
	after, err := s.ledger.authorize(q.MerchantRef, amount, says)
	if err != nil {
		return authorizeResponse{}, err
	}
	_ = stage.Pause(ctx, says.delay) // cut short it answers at once: the money is held either way
	open := after.status == actionRequired
	return authorizeResponse{
		MerchantRef:     after.ref,
		Outcome:         outcome(after.status),
		Amount:          amountOf(amount),
		AuthorizationID: orNil(after.authorizations > 0, after.authorizationID()),
		Reason:          orNil(after.reason != "", after.reason),
		ChallengeURL:    orNil(open, s.challengeURL(after.ref)),
		ExpiresAt:       orNil(open, dateTime(after.expires)),
	}, nil
}

// outcome is the answer to an authorization of a payment that is not voided.
func outcome(s status) string {
	switch s {
	case declined, expired:
		return "DECLINED"
	case actionRequired:
		return "ACTION_REQUIRED"
	default:
		return "APPROVED"
	}
}

func (s *Service) capture(_ context.Context, q captureRequest) (captureResponse, error) {
	amount, err := q.Amount.money()
	if err != nil {
		return captureResponse{}, err
	}
	after, found, err := s.ledger.with(q.MerchantRef, func(a *account) error { return a.capture(amount, s.promises.Forgets()) })
	if !found {
		err = refuse("NO_AUTHORIZATION", "The reference is not known.")
	}
	return captureResponse{MerchantRef: after.ref, CaptureID: after.captureID(), Amount: q.Amount}, err
}

func (s *Service) void(_ context.Context, q voidRequest) (voidResponse, error) {
	if err := badReference(q.MerchantRef); err != nil {
		return voidResponse{}, err
	}
	after, released, err := s.ledger.void(q.MerchantRef)
	return voidResponse{MerchantRef: after.ref, Released: amountOf(released)}, err
}

func (s *Service) refund(_ context.Context, q refundRequest) (refundResponse, error) {
	amount, err := q.Amount.money()
	if err != nil {
		return refundResponse{}, err
	}
	after, found, err := s.ledger.with(q.MerchantRef, func(a *account) error { return a.refund(amount) })
	if !found {
		err = refuse("REFUND_EXCEEDS", "The reference is not known.")
	}
	return refundResponse{MerchantRef: after.ref, RefundID: after.refundID(), Amount: q.Amount}, err
}

func (s *Service) inquiry(_ context.Context, q inquiryRequest) (inquiryResponse, error) {
	found, ok := s.ledger.find(q.MerchantRef)
	if !ok || !s.promises.Kept().Inquiry {
		return inquiryResponse{}, refuse("UNKNOWN_REFERENCE", "The reference is not known.")
	}
	return inquiryResponse{Payment: s.document(found)}, nil
}

func (s *Service) inquiries(_ context.Context, q inquiriesRequest) (inquiriesResponse, error) {
	if n := len(q.MerchantRefs); n == 0 || n > maxReferences {
		return inquiriesResponse{}, refuse("BAD_REQUEST", "Ask for 1 to 100 references.")
	}
	var result inquiriesResponse
	for _, ref := range q.MerchantRefs {
		if found, ok := s.ledger.find(ref); ok && s.promises.Kept().Inquiry {
			result.Payments = append(result.Payments, s.document(found))
		}
	}
	return result, nil
}

func (s *Service) document(a account) payment {
	open := a.status == actionRequired
	return payment{
		MerchantRef:     a.ref,
		Status:          a.status,
		Authorized:      amountOf(a.money(a.authorized)),
		Captured:        amountOf(a.money(a.captured)),
		Refunded:        amountOf(a.money(a.refunded)),
		AuthorizationID: orNil(a.authorizations > 0, a.authorizationID()),
		ChallengeURL:    orNil(open, s.challengeURL(a.ref)),
		ExpiresAt:       orNil(open, dateTime(a.expires)),
	}
}

func badReference(ref string) error {
	if isReference(ref) {
		return nil
	}
	return refuse("BAD_REQUEST", "A reference has 1 to 64 letters, digits, - and _.")
}

func isReference(ref string) bool {
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}
	return ref != "" && len(ref) <= maxReference && !strings.ContainsFunc(ref, odd)
}
