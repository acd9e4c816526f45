package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// pki is what the API server shows (a certificate of an authority made for
// this run alone) and what signs the tokens of service accounts.
type pki struct {
	caPEM                                     []byte
	caCert, serverCert, serverKey, accountKey string
}

func newPKI(dir string) (pki, error) {
	made := pki{
		caCert:     filepath.Join(dir, "ca.crt"),
		serverCert: filepath.Join(dir, "server.crt"),
		serverKey:  filepath.Join(dir, "server.key"),
		accountKey: filepath.Join(dir, "service-accounts.key"),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return made, err
	}
	caKey, err := newKey()
	if err != nil {
		return made, err
	}
	serverKey, err := newKey()
	if err != nil {
		return made, err
	}
	accountKey, err := newKey()
	if err != nil {
		return made, err
	}
	caTemplate, serverTemplate := templates(time.Now())
	ca, err := x509.CreateCertificate(rand.Reader, caTemplate, caTemplate, caKey.Public(), caKey)
	if err != nil {
		return made, err
	}
	server, err := x509.CreateCertificate(rand.Reader, serverTemplate, caTemplate, serverKey.Public(), caKey)
	if err != nil {
		return made, err
	}
	made.caPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca})
	if err := os.WriteFile(made.caCert, made.caPEM, 0o600); err != nil {
		return made, err
	}
	serverPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server})
	if err := os.WriteFile(made.serverCert, serverPEM, 0o600); err != nil {
		return made, err
	}
	if err := writeKey(made.serverKey, serverKey); err != nil {
		return made, err
	}
	return made, writeKey(made.accountKey, accountKey)
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func templates(now time.Time) (ca, server *x509.Certificate) {
	// A day each way: longer than any demo, and forgiving to a clock being set.
	from, until := now.Add(-24*time.Hour), now.Add(24*time.Hour)
	ca = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "local control plane"},
		NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server = &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kube-apiserver"},
		NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost", "kubernetes.default.svc"},
	}
	return ca, server
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

func randomToken() (string, error) {
	raw := make([]byte, 16)
	_, err := rand.Read(raw)
	return hex.EncodeToString(raw), err
}
