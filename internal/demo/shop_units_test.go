package demo_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// units tries the page's modules where they run, on a copy of their own.
const units = `(async () => {
	const { money, minor, weight } = await import('/shop/money.js');
	const { pretty } = await import('/shop/calls.js');
	const { state, addVisit, addCall, restarted } = await import('/shop/state.js');
	const wrong = [];
	const is = (what, got, want) => { if (got !== want) wrong.push(what + ': ' + got + ', want ' + want); };

	is('sum', money('1234567.5', 'USD'), '$1,234,567.50');
	is('finer', money('20.08045', 'USD'), '$20.08045');
	is('large', money('90071992547409931.07', 'USD'), '$90,071,992,547,409,931.07'); // no float has it
	is('yen', money('1200', 'JPY'), '¥1,200');
	is('less', money('-3.5', 'EUR'), '−€3.50');
	is('minor', minor(5, 'USD'), '$0.05');
	is('minor yen', minor(500, 'JPY'), '¥500');
	is('minor less', minor(-1050, 'USD'), '−$10.50');

	for (const [text, want] of Object.entries({
		'0.455': '0.455', ' 1,5 ': '1.5', '2': '2', '007': '007', '0.10': '0.10',
		'0': '', '0.000': '', '-1': '', '1e3': '', '1.': '', '.5': '', '1.5.2': '', 'a pound': '', '': '', '12345678901': '', '1.2345678': '',
	})) is('weight ' + text, weight(text), want);

	is('digits', pretty('{"a":12.30,"b":[1E2,{}],"c":"x,{\\"y\\":1}"}'),
		'{\n  "a": 12.30,\n  "b": [\n    1E2,\n    {}\n  ],\n  "c": "x,{\\"y\\":1}"\n}');
	is('empty', pretty('[]'), '[]');
	is('half', pretty('{"status": "APPRO'), '{"status": "APPRO');
	is('none', pretty(''), '');

	const visit = (id, no, look, word) => ({ no, look, gate: 'gate-7', trip: { id, storeId: state.store.id, state: word } });
	const at = () => { const v = state.current.get(state.store.id + '/gate-7'); return v.trip.id + ' ' + v.trip.state; };
	addVisit(visit('a', 10, 1e9, 'delivered'));
	addVisit(visit('a', 10, 1e9 - 1, 'shopping'));
	is('an answer that was overtaken', at(), 'a delivered');
	addVisit(visit('b', 11, 1e9 + 1, 'shopping'));
	addVisit(visit('a', 10, 1e9 + 2, 'delivered'));
	is('the earlier shopper of a gate', at(), 'b shopping');

	const before = state.calls.length;
	const call = (seq) => ({ seq: 1e6 + seq, storeId: '', tripId: '', api: 'X', status: 200, fault: '', path: '', direction: 'to_amazon', at: '', request: '', response: '' });
	addCall(call(1)); addCall(call(2)); addCall(call(1)); addCall(call(2));
	is('calls told twice', state.calls.length, before + 2);
	for (let n = 3; n < 900; n++) addCall(call(n));
	is('calls kept', state.calls.length, 500);
	restarted({ life: 'another', seed: 2, faults: '', ahead: '', strict: false, codes: false, stores: state.stores });
	is('after a restart', state.calls.length + state.visits.size + state.current.size, 0);
	return wrong.join('\n');
})()`

// TestShopPage_units holds the page's own arithmetic and memory to the digit.
func TestShopPage_units(t *testing.T) {
	t.Parallel()
	p := openShop(t, 390, 844, nil)
	wrong, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](units, chromedp.EvalAwaitPromise))
	if err != nil || wrong != "" {
		t.Errorf("%s, %v", wrong, err)
	}
}
