// The parts of a Kubernetes control plane and kubectl in one binary, for tests: the first argument chooses which.
package main

import (
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// Each is a constructor, not a command: two of them made in one process panic in the signal handler.
var parts = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": manager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
	"etcd":                    etcd,
}

func main() {
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: controlplane etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl [flags]")
		os.Exit(64)
	}
	part := parts[os.Args[1]]
	os.Args = os.Args[1:] // kubectl reads os.Args itself, and client-go takes its user agent from there
	if os.Args[0] == "kubectl" {
		util.CheckErr(cli.RunNoErrOutput(part())) // so that a refusal is one sentence and exit 1
		return
	}
	os.Exit(cli.Run(part()))
}

func etcd() *cobra.Command {
	var folder, client, peer string
	command := &cobra.Command{Use: "etcd", RunE: func(*cobra.Command, []string) error { return serve(folder, client, peer) }}
	command.Flags().StringVar(&folder, "data-dir", "", "where it keeps its files")
	command.Flags().StringVar(&client, "client-url", "", "the URL it serves")
	command.Flags().StringVar(&peer, "peer-url", "", "a URL it needs though it has no peers")
	return command
}

func serve(folder, client, peer string) error {
	config := embed.NewConfig()
	config.Dir = folder
	config.LogLevel = "warn"
	config.UnsafeNoFsync = true // a test's data needs to outlive no crash
	for target, text := range map[*[]url.URL]string{
		&config.ListenClientUrls: client, &config.AdvertiseClientUrls: client,
		&config.ListenPeerUrls: peer, &config.AdvertisePeerUrls: peer,
	} {
		parsed, err := url.Parse(text)
		if err != nil {
			return err
		}
		*target = []url.URL{*parsed}
	}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-stop:
		return nil
	case err := <-server.Err():
		return err
	}
}
