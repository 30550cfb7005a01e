# Two images from one file: build with --target controller or --target sidecar.
ARG BASE_BUILD=docker.io/library/maven:3.9-eclipse-temurin-25
ARG BASE_RUNTIME=docker.io/library/debian:bookworm-slim

FROM ${BASE_BUILD} AS build
RUN apt-get update && apt-get install -y --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# A clone builds here; ./dev image gives a context that holds what Maven built before.
RUN --mount=type=cache,target=/root/.m2 \
    [ -d controller/target/quarkus-app ] || ./mvnw -B -q -ntp package -DskipTests -pl controller,sidecar/daemon -am
# What jdeps cannot see: jdk.unsupported for Netty, jdk.management for the metrics of the JVM.
# What it sees and nobody runs, 20 MB of desktop, compiler and SQL, is left out.
RUN set -eu; \
    runtime() { \
      modules=$(jdeps --print-module-deps --ignore-missing-deps --multi-release 25 --class-path "$2" "$3" | sed -E "s/$4/java.logging/g"); \
      jlink --add-modules "$modules,jdk.unsupported,jdk.management" \
        --strip-java-debug-attributes --no-header-files --no-man-pages --compress zip-9 --output "/out/$1/jre"; \
      strip --strip-unneeded "/out/$1/jre/lib/server/libjvm.so"; \
    }; \
    native() { \
      mkdir "/out/$1/native"; cd "/out/$1/native"; \
      jar xf "$2"/*netty-transport-native-epoll-*-linux-"$(uname -m | sed s/aarch64/aarch_64/)".jar META-INF/native; \
      mv META-INF/native/*.so .; rm -r META-INF; cd /src; \
    }; \
    mkdir -p /out/sidecar/app /out/controller; \
    cp -r sidecar/daemon/target/lib /out/sidecar/app/; \
    cp sidecar/daemon/target/podseal-sidecar-*[0-9T].jar /out/sidecar/app/podseal-sidecar.jar; \
    cp -r controller/target/quarkus-app /out/controller/app; \
    cp sidecar/daemon/src/main/jvm/args /out/sidecar/jvm.args; \
    cp controller/src/main/jvm/args /out/controller/jvm.args; \
    cp sidecar/daemon/target/sbom.json /out/sidecar/; \
    cp controller/target/sbom.json /out/controller/; \
    install -D -m 755 controller/src/main/jvm/podsealctl /out/bin/podsealctl; \
    native sidecar /out/sidecar/app/lib; \
    native controller /out/controller/app/lib/main; \
    runtime sidecar '/out/sidecar/app/lib/*' /out/sidecar/app/podseal-sidecar.jar 'java\.(desktop|sql)'; \
    runtime controller '/out/controller/app/lib/main/*:/out/controller/app/lib/boot/*' /out/controller/app/app/podseal-controller-*.jar 'java\.desktop|jdk\.compiler'

# An AOT cache is trained where it is used: it holds for this runtime, these jars and these flags only.
FROM ${BASE_RUNTIME} AS controller
COPY --from=build /out/controller /opt/podseal
COPY --from=build /out/bin /usr/local/bin
ENV PATH=/opt/podseal/jre/bin:/usr/local/bin:/usr/bin:/bin MALLOC_ARENA_MAX=2
WORKDIR /opt/podseal/app
# It finds no API server here and is told to stop once it has said so.
RUN timeout --signal TERM 10 java @/opt/podseal/jvm.args -XX:AOTCacheOutput=/opt/podseal/aot -jar quarkus-run.jar; \
    test -s /opt/podseal/aot
# sbom.json lists the Java libraries, jre/release the modules of the JVM, and this the rest.
RUN dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' >/opt/podseal/packages.txt && \
    grep -q '^JAVA_VERSION=' /opt/podseal/jre/release
USER 10001:10001
EXPOSE 9443 9444 8080
ENTRYPOINT ["java", "@/opt/podseal/jvm.args", "-XX:AOTCache=/opt/podseal/aot", "-jar", "quarkus-run.jar"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Podseal controller" \
      org.opencontainers.image.description="Turns peerings into keys for pods, and injects their sidecars" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION}

FROM ${BASE_RUNTIME} AS sidecar
RUN apt-get update && apt-get install -y --no-install-recommends nftables && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/apt /var/log/dpkg.log
COPY --from=build /out/sidecar /opt/podseal
ENV PATH=/opt/podseal/jre/bin:/usr/sbin:/usr/bin:/sbin:/bin MALLOC_ARENA_MAX=2
WORKDIR /opt/podseal/app
RUN java @/opt/podseal/jvm.args -XX:AOTCacheOutput=/opt/podseal/aot -jar podseal-sidecar.jar --train
RUN dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' >/opt/podseal/packages.txt && \
    grep -q '^JAVA_VERSION=' /opt/podseal/jre/release
ENTRYPOINT ["java", "@/opt/podseal/jvm.args", "-XX:AOTCache=/opt/podseal/aot", "-jar", "podseal-sidecar.jar"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Podseal sidecar" \
      org.opencontainers.image.description="Seals a pod's traffic to its peers: IKEv2, and ESP in UDP" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION}
