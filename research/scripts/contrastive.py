"""A small encoder trained on the images themselves by NT-Xent (Chen et al. 2020), against HOG: is it worth having?

python research/scripts/contrastive.py SET MINUTES no|nn WIDTH SUITE

Kept as it was run, with version 0.2; what came of it is in research/README.md.
"""

import numpy as np, sys, time, os
from pathlib import Path
import tensorflow as tf, keras
from benchmarks.suite import load
from tfgmmgan.clustering import LinkClustering
from tfgmmgan.clustering.descriptors import make_descriptor, Features
from tfgmmgan.clustering.nearest import nearest_rows
from tfgmmgan.evaluation.metrics.clustering import cluster_scores
from tfgmmgan.data.augmentation import sampled
def aug(x, rng_scale=(0.35,1.0), flip=False, jitter=0.4):
    n=tf.shape(x)[0]; H=x.shape[1]
    area=tf.random.uniform([n],*rng_scale); side=tf.sqrt(area)
    ang=tf.random.uniform([n],-0.2,0.2)
    cx=tf.random.uniform([n],-1,1)*(1-side); cy=tf.random.uniform([n],-1,1)*(1-side)
    g=tf.linspace(-1.,1.,H); X,Y=tf.meshgrid(g,g)
    asp=tf.exp(tf.random.uniform([n],-0.2,0.2))
    sx=(side*asp)[:,None,None]; sy=(side/asp)[:,None,None]; c=tf.cos(ang)[:,None,None]; s=tf.sin(ang)[:,None,None]
    xs=(c*X*sx-s*Y*sy)+cx[:,None,None]; ys=(s*X*sx+c*Y*sy)+cy[:,None,None]
    if flip: xs*=tf.where(tf.random.uniform([n,1,1])<.5,-1.,1.)
    xs=tf.clip_by_value(xs,-1,1); ys=tf.clip_by_value(ys,-1,1)
    y=sampled(x,(xs+1)/2*(H-1),(ys+1)/2*(H-1))
    def u(lo,hi): return tf.random.uniform([n,1,1,1],lo,hi)
    y=y+u(-jitter,jitter)
    m=tf.reduce_mean(y,[1,2,3],keepdims=True); y=m+u(1-jitter,1+jitter)*(y-m)
    if x.shape[-1]==3:
        gr=tf.reduce_mean(y,3,keepdims=True); y=gr+u(0.,1+jitter)*(y-gr)
        y=tf.where(tf.random.uniform([n,1,1,1])<0.2,tf.repeat(tf.reduce_mean(y,3,keepdims=True),3,3),y)
    return y
def net(shape,w):
    L=keras.layers
    def blk(x,c,st):
        s=x
        x=L.Conv2D(c,3,st,padding="same",use_bias=False)(x); x=L.BatchNormalization(momentum=.9)(x); x=L.ReLU()(x)
        x=L.Conv2D(c,3,1,padding="same",use_bias=False)(x); x=L.BatchNormalization(momentum=.9)(x)
        if st!=1 or s.shape[-1]!=c: s=L.Conv2D(c,1,st,padding="same",use_bias=False)(s); s=L.BatchNormalization(momentum=.9)(s)
        return L.ReLU()(x+s)
    i=L.Input(shape); x=L.Conv2D(w,3,2 if shape[0]>28 else 1,padding="same",use_bias=False)(i); x=L.BatchNormalization(momentum=.9)(x); x=L.ReLU()(x)
    for c,st in ((w,1),(2*w,2),(4*w,2),(8*w,2)): x=blk(x,c,st)
    h=L.GlobalAveragePooling2D()(x); z=L.Dense(8*w,use_bias=False)(h); z=L.BatchNormalization(momentum=.9)(z); z=L.ReLU()(z); z=L.Dense(64)(z)
    return keras.Model(i,[h,z])
if __name__=="__main__":
    S=Path(sys.argv[5]); nm=sys.argv[1]; minutes=float(sys.argv[2]); nn=sys.argv[3]=="nn"; w=int(sys.argv[4]); tau=0.2
    p=S/nm if (S/nm).exists() else (S/(nm+".npz") if (S/(nm+".npz")).exists() else Path(nm))
    x,y,o=load(p,32); K=len(np.unique(y))
    if len(x)>10000:
        idx=np.random.default_rng(0).permutation(len(x))[:10000]; x,y=x[idx],y[idx]
    keras.utils.set_random_seed(0)
    m=net(x.shape[1:],w); B=256
    opt=keras.optimizers.AdamW(1e-3,weight_decay=1e-4); 
    nb=nearest_rows(make_descriptor("hog").fit_transform(x),5)
    X=tf.constant(x)
    @tf.function
    def step(r1,r2):
        a=tf.cast(tf.gather(X,r1),tf.float32)/127.5-1; b=tf.cast(tf.gather(X,r2),tf.float32)/127.5-1
        with tf.GradientTape() as t:
            z=m(tf.concat([aug(a),aug(b)],0),training=True)[1]; z=tf.math.l2_normalize(z,1)
            s=tf.matmul(z,z,transpose_b=True)/tau-1e9*tf.eye(2*B)
            lab=tf.concat([tf.range(B)+B,tf.range(B)],0)
            loss=tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(lab,s))
        opt.apply_gradients(zip(t.gradient(loss,m.trainable_variables),m.trainable_variables)); return loss
    opt.build(m.trainable_variables)
    rng=np.random.default_rng(0); t0=time.process_time(); n=0; ls=[]; nxt=minutes*60/3
    def report():
        h=np.concatenate([m(tf.cast(X[i:i+512],tf.float32)/127.5-1,training=False)[0] for i in range(0,len(x),512)])
        r=Features().fit_transform(h)
        accs=[];inf=[]
        for s in (0,1):
            l=LinkClustering(K,random_state=s).fit(r); accs.append(cluster_scores(y,l.labels_)["acc"]); inf.append(l.information_/np.log(K))
        n5=nearest_rows(r,5); knn=(y[n5]==y[:,None]).mean()
        print(f"{nm} nn={nn} w={w} cpu-min {(time.process_time()-t0)/60:.1f} steps {n} loss {np.mean(ls[-50:]):.3f} acc {np.mean(accs):.3f} inf {np.mean(inf):.3f} same-class neighbours {knn:.3f}",flush=True)
    h0=make_descriptor("hog").fit_transform(x); print(nm,"hog same-class neighbours",(y[nearest_rows(h0,5)]==y[:,None]).mean(),flush=True)
    while time.process_time()-t0<minutes*60:
        r=rng.integers(len(x),size=B); q=np.where(rng.random(B)<.5,nb[r,rng.integers(5,size=B)],r) if nn else r
        lr=1e-3*min(1,(n+1)/50); opt.learning_rate.assign(lr)
        ls.append(float(step(tf.constant(r),tf.constant(q)))); n+=1
        if time.process_time()-t0>nxt: report(); nxt+=minutes*60/3
    report()
