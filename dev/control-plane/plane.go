package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Writes on the operator's own kinds, on Secrets and on Events: what tests count.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted, Panic]
rules:
- level: Metadata
  verbs: [create, update, patch, delete]
  resources:
  - group: scim-operator.dev
  - group: ""
    resources: [secrets]
  - group: events.k8s.io
- level: None
`

const kubeconfigFormat = `apiVersion: v1
kind: Config
current-context: local
clusters:
- name: local
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: admin
  user:
    token: %s
contexts:
- name: local
  context:
    cluster: local
    user: admin
`

// plane is one control plane: its folder, addresses, credentials and children.
type plane struct {
	bin, dir string
	pki      pki
	token    string
	etcdURL  string
	apiPort  string
	children []*child
	died     chan *child
}

func newPlane(bin, dir string) (*plane, error) {
	pki, err := newPKI(filepath.Join(dir, "pki"))
	if err != nil {
		return nil, err
	}
	token, err := randomToken()
	if err != nil {
		return nil, err
	}
	// Two at once, so that they differ.
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	plane := &plane{
		bin: bin, dir: dir, pki: pki, token: token,
		etcdURL: "http://127.0.0.1:" + ports[0],
		apiPort: ports[1],
		died:    make(chan *child, 3),
	}
	return plane, plane.writeFiles()
}

func (p *plane) path(name string) string { return filepath.Join(p.dir, name) }
func (p *plane) kubeconfig() string      { return p.path("kubeconfig") }
func (p *plane) apiURL() string          { return "https://127.0.0.1:" + p.apiPort }

func (p *plane) writeFiles() error {
	ca := base64.StdEncoding.EncodeToString(p.pki.caPEM)
	files := map[string]string{
		"tokens.csv":        p.token + ",admin,admin,system:masters\n",
		"audit-policy.yaml": auditPolicy,
		"kubeconfig":        fmt.Sprintf(kubeconfigFormat, p.apiURL(), ca, p.token),
	}
	for name, content := range files {
		if err := os.WriteFile(p.path(name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// start returns when service accounts are being made, which is the last thing to work.
func (p *plane) start(stop <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), bootDeadline)
	defer cancel()
	if err := p.spawn("etcd", p.etcdFlags()); err != nil {
		return err
	}
	if err := p.spawn("kube-apiserver", p.apiFlags()); err != nil {
		return err
	}
	if err := p.await(ctx, stop, "/readyz"); err != nil {
		return err
	}
	if err := p.spawn("kube-controller-manager", p.managerFlags()); err != nil {
		return err
	}
	return p.await(ctx, stop, "/api/v1/namespaces/default/serviceaccounts/default")
}

func (p *plane) etcdFlags() []string {
	return []string{
		"--data-dir=" + p.path("etcd"),
		"--listen-client-urls=" + p.etcdURL,
		"--advertise-client-urls=" + p.etcdURL,
		// A lone member has no peers: any port will do.
		"--listen-peer-urls=http://127.0.0.1:0",
		"--unsafe-no-fsync",
		"--log-level=warn",
	}
}

func (p *plane) apiFlags() []string {
	return []string{
		"--etcd-servers=" + p.etcdURL,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port=" + p.apiPort,
		"--tls-cert-file=" + p.pki.serverCert,
		"--tls-private-key-file=" + p.pki.serverKey,
		"--token-auth-file=" + p.path("tokens.csv"),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + p.pki.accountKey,
		"--service-account-signing-key-file=" + p.pki.accountKey,
		"--service-cluster-ip-range=10.0.0.0/24",
		// The Service `kubernetes` may not point at loopback, and nobody here needs it.
		"--endpoint-reconciler-type=none",
		"--audit-policy-file=" + p.path("audit-policy.yaml"),
		"--audit-log-path=" + p.path("audit.log"),
	}
}

func (p *plane) managerFlags() []string {
	return []string{
		"--kubeconfig=" + p.kubeconfig(),
		"--service-account-private-key-file=" + p.pki.accountKey,
		"--root-ca-file=" + p.pki.caCert,
		"--use-service-account-credentials=false",
		"--controllers=*,-nodeipam,-nodelifecycle,-cloud-node-lifecycle",
		"--leader-elect=false",
		"--secure-port=0",
		// Test namespaces come and go by the dozen.
		"--kube-api-qps=200",
		"--kube-api-burst=400",
	}
}

func (p *plane) spawn(name string, flags []string) error {
	child, err := startChild(filepath.Join(p.bin, name), flags, p.path(name+".log"), p.died)
	if err != nil {
		return err
	}
	p.children = append(p.children, child)
	return nil
}

// await polls one path of the API until it answers 200.
func (p *plane) await(ctx context.Context, stop <-chan struct{}, path string) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.pki.caPEM)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if p.answers(ctx, client, path) {
			return nil
		}
		select {
		case <-tick.C:
		case <-stop:
			return errStopped
		case died := <-p.died:
			return died.failure()
		case <-ctx.Done():
			last := p.children[len(p.children)-1]
			return fmt.Errorf("not ready after %s; the end of %s:\n%s", bootDeadline, last.log, last.tail())
		}
	}
}

func (p *plane) answers(ctx context.Context, client *http.Client, path string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.apiURL()+path, nil)
	if err != nil {
		return false
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// kill ends the children at once: nothing that they hold outlives them anyway.
func (p *plane) kill() {
	for i := len(p.children) - 1; i >= 0; i-- {
		p.children[i].kill()
	}
}

func freePorts(count int) ([]string, error) {
	ports := make([]string, 0, count)
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}
