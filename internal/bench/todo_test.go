package bench_test
import "testing"
func measureGateBeside(t *testing.T, b *board, s *site) {}
func measurePurchaseBeside(t *testing.T, b *board, s *site) {}
func measureWorker(t *testing.T, b *board, s *site) {}
func measureDecode(t *testing.T, b *board, s *site) {}
func measurePrice(t *testing.T, b *board, s *site) {}
