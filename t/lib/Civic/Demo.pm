package Civic::Demo;

# What "make demo" leaves for who follows the manual: its people, staff,
# providers and plugins, and the folder in which commands are typed. Scripts
# of docs/ run against it as they stand there.
#
#     my $demo = Civic::Demo->new(plugins => ['staff']);
#     $demo->staff(1, 'counter');
#     my ($status, $said) = $demo->run(Civic::Manual->new($page)->shell);

use strict;
use warnings;
use utf8;

use Carp qw(croak);
use JSON::PP ();

use Civic::Nginx;
use Civic::Process;
use Civic::Sandbox;
use Civic::Test ();

use constant CARD_SECRET => 'demo-card-secret';

my @people = (
    [ '张伟', '630105199003079996', 'Qinghai-Lake-2026' ],
    [ '李晓红', '63280119850601000X', 'Haixi-Salt-Lake-7' ],
    [ '王秀英', '630105194802210003', 'Xining-Grandma-48' ],
    [ '陈嘉伟', '810000199209159998', 'HongKong-Pier-9' ],
);

# The words of plugins that have options in the demo.
my %words = (
    login => \&_login,
    kinship => sub { 'kinship signing_key=' . $_[0]->_key('kinship')
        . ' match_upstream=register match_path=/sandbox/identity-match' },
    payment => sub { 'payment seller_id=2088000000009999 notify_url='
        . "$_[0]{url}/payment/alipay/notifications bill_upstream=alipay" },
    ticket => sub { 'ticket signing_key=' . $_[0]->_key('ticket') },
);

# new(plugins => [ names, beside login, civic and face_auth ],
#     media => a Civic::Media)
sub new {
    my ($class, %arg) = @_;
    my $port = Civic::Process::port();
    my $folder = Civic::Process::folder();
    my $self = bless { folder => $folder, url => "http://127.0.0.1:$port",
        sandbox => Civic::Sandbox->new($folder) }, $class;
    my %upstreams = map { $_ => $port } qw(card self register);
    my $card = "$self->{url}/sandbox/card";

    $self->{back} = "$self->{url}/web/card.html";
    $upstreams{media} = $arg{media}->location if $arg{media};
    $self->_people;
    $self->{civic} = Civic::Test::civic($self->{sandbox}->with_alipay(
        port => $port, workers => 2, blobs => 'shared',
        server => 'client_max_body_size 8m;', upstreams => \%upstreams,
        sandbox => [ 'notify_upstream=self', 'user_identity=true',
            "card_issuer=$card", 'card_client_secret=' . CARD_SECRET,
            "card_redirect_uri=$self->{back}" ],
        plugins => [ map { $words{$_} ? $words{$_}->($self) : $_ }
            qw(civic face_auth login), @{ $arg{plugins} || [] } ]));
    my $n = 0;
    $self->{civic}->add_person(++$n, name => $_->[0], id_number => $_->[1],
        password => $_->[2]) for @people;
    $self->_clone;
    return $self;
}

sub civic { return $_[0]{civic} }
sub names { return map { $_->[0] } @people }

# Who they are to Alipay and to the card's issuer.
sub _people {
    my ($self) = @_;
    my $n = 0;

    $self->{sandbox}->put('card.secret', CARD_SECRET . "\n");
    $self->{sandbox}->put('people.json', JSON::PP->new->utf8->encode([
        map { $n++; { user => $_->[0], name => $_->[0],
            id_number => $_->[1], user_id => "208800000000000$n",
            open_id => "demo-open-id-$n", card_password => '246810' } }
            @people ]));
    return;
}

sub _login {
    my ($self) = @_;

    return "login card_issuer=$self->{url}/sandbox/card"
        . ' card_client_id=civic card_client_secret='
        . $self->{sandbox}->path('card.secret')
        . " card_redirect_uri=$self->{back}";
}

# A key that signs codes.
sub _key {
    my ($self, $name) = @_;
    my $pem = "$self->{folder}/$name.pem";

    system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
        . " -out '$pem' 2>/dev/null") == 0 or croak "openssl: no key $pem";
    chmod 0644, $pem;
    return $pem;
}

# What scripts read there, as in the clone.
sub _clone {
    my ($self) = @_;
    my $folder = $self->{folder};

    mkdir "$folder/run" or croak "run: $!";
    symlink Civic::Nginx::build(), "$folder/build" or croak "build: $!";
    symlink Civic::Nginx::root() . '/conf', "$folder/conf"
        or croak "conf: $!";
    $self->staff(0);
    return;
}

# Somebody of each role in run/demo.json. Others in each round, for a code
# works once in 30 s.
sub staff {
    my ($self, $round, @roles) = @_;
    my $nginx = $self->{civic}->nginx;
    my $build = Civic::Nginx::build();
    my @lines = (qq("base_url":"$self->{url}"),
        qq("sandbox_folder":"$self->{folder}"),
        qq("civicctl":"env ASAN_OPTIONS=detect_leaks=0 $build/civicctl -c )
            . $nginx->conf . '"');

    for my $role (@roles) {
        my $secret = uc("CIVICTOUR$round$role") =~ tr/01/23/r;
        my $password = "Tour-$round-Guide-$role";

        $secret = substr $secret . 'A' x 32, 0, 32;
        $nginx->civicctl('staff', 'add', '--name', "$role$round",
            '--roles', $role, '--password-stdin', '--totp-secret', $secret,
            \$password);
        push @lines, qq({"name":"$role$round","password":"$password",)
            . qq("totp_secret":"$secret","roles":["$role"]});
    }
    _write("$self->{folder}/run/demo.json", join ",\n", @lines);
    return;
}

# (status, what it said): a script for bash, in that folder.
sub run {
    my ($self, $script) = @_;

    _write("$self->{folder}/script", "set -eu\nexec 2>&1\n$script");
    my $said = `cd '$self->{folder}' && bash ./script`;
    my $status = $? >> 8;

    utf8::decode($said);
    return ($status, $said);
}

sub _write {
    my ($path, $text) = @_;

    open my $file, '>:utf8', $path or croak "$path: $!";
    print {$file} $text;
    close $file or croak "$path: $!";
    return;
}

1;
