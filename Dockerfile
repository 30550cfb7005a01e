# Two images from one file: build with --target controller or --target sidecar.
ARG BASE_BUILD=docker.io/library/maven:3.9-eclipse-temurin-25
ARG BASE_RUNTIME=docker.io/library/debian:bookworm-slim

FROM ${BASE_BUILD} AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
    ./mvnw -B -q -ntp package -DskipTests -pl controller,sidecar/daemon -am -Dquarkus.package.jar.type=aot-jar
# What jdeps cannot see: jdk.unsupported for Netty, jdk.management for the metrics of the JVM.
RUN set -eu; \
    runtime() { \
      jlink --add-modules "$(jdeps --print-module-deps --ignore-missing-deps --multi-release 25 --class-path "$2" "$3"),jdk.unsupported,jdk.management" \
        --strip-java-debug-attributes --no-header-files --no-man-pages --compress zip-9 --output "/out/$1/jre"; \
    }; \
    mkdir -p /out/sidecar/app /out/controller/app; \
    cp -r sidecar/daemon/target/lib sidecar/daemon/target/podseal-sidecar-*.jar /out/sidecar/app/; \
    mv /out/sidecar/app/podseal-sidecar-*.jar /out/sidecar/app/podseal-sidecar.jar; \
    cp -r controller/target/quarkus-app/. /out/controller/app/; \
    cp sidecar/daemon/src/main/jvm/args /out/sidecar/jvm.args; \
    cp controller/src/main/jvm/args /out/controller/jvm.args; \
    runtime sidecar '/out/sidecar/app/lib/*' /out/sidecar/app/podseal-sidecar.jar; \
    runtime controller '/out/controller/app/lib/main/*:/out/controller/app/lib/boot/*' /out/controller/app/app/podseal-controller-*.jar

# An AOT cache is trained where it is used: it holds for this runtime, these jars and these flags only.
FROM ${BASE_RUNTIME} AS controller
COPY --from=build /out/controller /opt/podseal
ENV PATH=/opt/podseal/jre/bin:$PATH
WORKDIR /opt/podseal/app
# It finds no API server here and is told to stop once it has said so.
RUN timeout --signal TERM 10 java @/opt/podseal/jvm.args -XX:AOTCacheOutput=/opt/podseal/aot -jar quarkus-run.jar; \
    test -s /opt/podseal/aot
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["java", "@/opt/podseal/jvm.args", "-XX:AOTCache=/opt/podseal/aot", "-jar", "quarkus-run.jar"]

FROM ${BASE_RUNTIME} AS sidecar
RUN apt-get update && apt-get install -y --no-install-recommends nftables && rm -rf /var/lib/apt/lists/* /var/cache/apt
COPY --from=build /out/sidecar /opt/podseal
ENV PATH=/opt/podseal/jre/bin:$PATH
WORKDIR /opt/podseal/app
RUN java @/opt/podseal/jvm.args -XX:AOTCacheOutput=/opt/podseal/aot -jar podseal-sidecar.jar --train
ENTRYPOINT ["java", "@/opt/podseal/jvm.args", "-XX:AOTCache=/opt/podseal/aot", "-jar", "podseal-sidecar.jar"]
