// Kubernetes' own HorizontalPodAutoscaler controller, step by step, for tests. scripts/ensure-hpa puts this file into the
// controller's package, so that what answers is its reconcileAutoscaler with its calculator, stabilization and limits.
package podautoscaler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	metricsclient "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/monitor"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
)

// Replayed is one autoscaler over time. Usages has a row a sync, a value a metric (thousandths), null where it cannot be
// read; Behavior is that of a manifest, null where it has none.
type Replayed struct {
	Min         int32                                          `json:"min"`
	Max         int32                                          `json:"max"`
	Running     int32                                          `json:"running"`
	Tolerance   float64                                        `json:"tolerance"`
	Behavior    *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
	SyncSeconds int32                                          `json:"sync_seconds"`
	Targets     []int64                                        `json:"targets_milli"`
	Usages      [][]*int64                                     `json:"usages_milli"`
}

const key = "default/hpa"

// Replay answers the replicas after each sync.
func Replay(asked Replayed) ([]int32, error) {
	metrics, target := &metricsAt{}, &scaled{replicas: asked.Running}
	controller := controllerOf(asked, metrics, target)
	hpa := manifest(asked)
	replicas := []int32{}
	for _, usages := range asked.Usages {
		metrics.usages = usages
		err := controller.reconcileAutoscaler(context.Background(), hpa, key)
		if err != nil && !slices.Contains(usages, nil) { // what is decided in spite of an unreadable metric counts
			return nil, err
		}
		replicas = append(replicas, target.replicas)
		controller.age(time.Duration(asked.SyncSeconds) * time.Second)
	}
	return replicas, nil
}

func manifest(asked Replayed) *autoscalingv2.HorizontalPodAutoscaler {
	hpa := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "hpa"}}
	hpa.Spec = autoscalingv2.HorizontalPodAutoscalerSpec{
		ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
		MinReplicas:    &asked.Min,
		MaxReplicas:    asked.Max,
		Behavior:       asked.Behavior,
	}
	for number, target := range asked.Targets {
		hpa.Spec.Metrics = append(hpa.Spec.Metrics, autoscalingv2.MetricSpec{
			Type: autoscalingv2.ExternalMetricSourceType,
			External: &autoscalingv2.ExternalMetricSource{
				Metric: autoscalingv2.MetricIdentifier{Name: fmt.Sprint(number), Selector: &metav1.LabelSelector{}},
				Target: autoscalingv2.MetricTarget{
					Type: autoscalingv2.AverageValueMetricType, AverageValue: resource.NewMilliQuantity(target, resource.DecimalSI),
				},
			},
		})
	}
	defaults.SetDefaults_HorizontalPodAutoscaler(hpa) // as the API server fills in what a manifest leaves out
	return hpa
}

func controllerOf(asked Replayed, metrics *metricsAt, target *scaled) *HorizontalController {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "apps", Version: "v1"}})
	mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, meta.RESTScopeNamespace)
	pods := corelisters.NewPodLister(cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}))
	return &HorizontalController{
		scaleNamespacer:              target,
		hpaNamespacer:                statuses{},
		mapper:                       mapper,
		tolerance:                    asked.Tolerance,
		replicaCalc:                  NewReplicaCalculator(metrics, pods, 5*time.Minute, 30*time.Second),
		eventRecorder:                &record.FakeRecorder{},
		downscaleStabilisationWindow: 5 * time.Minute,
		monitor:                      monitor.New(),
		podLister:                    pods,
		recommendations:              map[string][]timestampedRecommendation{},
		scaleUpEvents:                map[string][]timestampedScaleEvent{},
		scaleDownEvents:              map[string][]timestampedScaleEvent{},
		hpaSelectors:                 selectors.NewBiMultimap(),
	}
}

// age makes all that it remembers so much older: its clock is the machine's.
func (a *HorizontalController) age(by time.Duration) {
	for number := range a.recommendations[key] {
		a.recommendations[key][number].timestamp = a.recommendations[key][number].timestamp.Add(-by)
	}
	for _, events := range [][]timestampedScaleEvent{a.scaleUpEvents[key], a.scaleDownEvents[key]} {
		for number := range events {
			events[number].timestamp = events[number].timestamp.Add(-by)
		}
	}
}

// metricsAt are the external metrics of one sync, by their number.
type metricsAt struct {
	metricsclient.MetricsClient
	usages []*int64
}

func (m *metricsAt) GetExternalMetric(name, _ string, _ labels.Selector) ([]int64, time.Time, error) {
	var number int
	if _, err := fmt.Sscan(name, &number); err != nil || m.usages[number] == nil {
		return nil, time.Time{}, errors.New("it cannot be read")
	}
	return []int64{*m.usages[number]}, time.Now(), nil
}

// scaled is the one target; its replicas run as soon as they are asked for.
type scaled struct {
	scale.ScaleInterface
	replicas int32
}

func (s *scaled) Scales(string) scale.ScaleInterface { return s }

func (s *scaled) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	return &autoscalingv1.Scale{
		Spec:   autoscalingv1.ScaleSpec{Replicas: s.replicas},
		Status: autoscalingv1.ScaleStatus{Replicas: s.replicas, Selector: "app=web"},
	}, nil
}

func (s *scaled) Update(
	_ context.Context, _ schema.GroupResource, wanted *autoscalingv1.Scale, _ metav1.UpdateOptions,
) (*autoscalingv1.Scale, error) {
	s.replicas = wanted.Spec.Replicas
	return wanted, nil
}

// statuses takes every status and keeps none.
type statuses struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
}

func (s statuses) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return s
}

func (s statuses) UpdateStatus(
	_ context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, _ metav1.UpdateOptions,
) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	return hpa, nil
}
